import { createHash } from "node:crypto";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { decodeStripped } from "@keepsake/core/imaging/runDecoder";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import { copyAndPlaceholderSteps, thumbhashOf } from "@keepsake/core/imaging/variants";
import type { Bucket, PublicBucket, Services } from "@keepsake/core/ports";
import { completeUpload } from "@keepsake/core/uploads/completeUpload";
import { decoder } from "@keepsake/functions/services/decoder";
import { completeImage, type PlainEncoding } from "../plain/completeImage.ts";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

/** Completes uploads whose bytes have been read. What is stored is only counted: requests are other rows' work. */
const owner_id = "user:bench";
let sql: Services["sql"];

type Completion = { base64: string; format: "jpeg" | "png" | "webp"; times: number };

handleCalls({
  start({ databaseUrl }: { databaseUrl: string }) {
    sql = connect({ url: databaseUrl, pool: 1 });
  },

  async keepsake({ base64, format, times }: Completion) {
    const sent = Buffer.from(base64, "base64");
    let stored = 0;
    const bucket: PublicBucket = {
      ...emptyBucket,
      url: (key) => `https://images.example.com/${key}`,
      async put(_, { bytes }) {
        stored += bytes.length;
      },
    };
    const services = {
      sql,
      decoder: decoder(),
      incoming: { ...emptyBucket, get: async () => sent },
      images: bucket,
      privateImages: bucket,
      privateUrls: { presignGet: async (key: string) => key },
      onOutcome() {},
    };
    const ids = await arrived(sent, format, times);
    const usage = await measureUsage(async () => {
      for (const upload_id of ids) {
        stored = 0;
        await completeUpload(services, { owner_id, upload_id });
      }
    });
    return { ...usage, bytes: stored };
  },

  /** The least that every design does: the picture is decoded once, and its copies and its placeholder are made. */
  async floor({ base64, times }: Completion) {
    const bytes = Buffer.from(base64, "base64");
    return measureUsage(async () => {
      for (let time = 0; time < times; time += 1) {
        const { placeholder } = await decodeStripped(
          decoder(),
          bytes,
          imageLimits,
          copyAndPlaceholderSteps,
        );
        thumbhashOf(placeholder);
      }
    });
  },

  async plain({ base64, format, times, as = format }: Completion & { as?: PlainEncoding }) {
    const sent = Buffer.from(base64, "base64");
    let bytes = 0;
    const ids = await arrived(sent, format, times);
    const usage = await measureUsage(async () => {
      for (const id of ids) bytes = await completeImage(sql, id, sent, as);
    });
    return { ...usage, bytes };
  },
});

const emptyBucket: Bucket = {
  get: async () => undefined,
  size: async () => undefined,
  remove: async () => undefined,
};

/** The ids of new uploads of this file. */
async function arrived(sent: Buffer, format: string, count: number): Promise<string[]> {
  const source_sha256 = createHash("sha256").update(sent).digest("hex");
  const rows = await sql<{ image_id: string }[]>`
    insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                        source_sha256, url_expires_at, retry_at, expires_at)
    select gen_random_uuid(), ${owner_id}, 'web', '{}', 'pending', ${`image/${format}`},
           ${sent.length}, ${source_sha256}, now() + interval '5 minutes',
           now() + interval '5 minutes', now() + interval '1 hour'
    from generate_series(1, ${count}::integer)
    returning image_id
  `;
  return rows.map(({ image_id }) => image_id);
}

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { Database } from "../support/createDatabase.ts";
import { localSystem } from "../support/localSystem.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const count = 20;
const swept = 400;

/** What packages/ops/costs/measuredWork.ts holds: for each way into the store, what one image takes. */
export const publishing: Row = {
  name: "publishing",
  title: "What one image of 500 KB takes",
  async measure(environment) {
    const files = await pictures();
    let sent = 0;
    const nameOf = ({ method, url = "", headers }: IncomingMessage) => {
      const bucket = /\/(images|incoming|private)\//.exec(url)?.[1];
      const isCopy = headers["x-amz-copy-source"] !== undefined;
      if (bucket !== "incoming" || method !== "PUT") sent += Number(headers["content-length"] ?? 0);
      return `${isCopy ? "COPY to" : method} ${bucket}`;
    };
    const system = await localSystem(environment, { picture: files.photo, nameOf });
    const { client, database, platform, r2, stack } = system;
    const upload = (bytes: Buffer, type: string) => () =>
      client.upload(new Blob([new Uint8Array(bytes)], { type }));
    let attachment = 0;
    const ways = {
      "a portrait, sent as base64": {
        bytes: files.portrait.length,
        async run(times: number) {
          const details = { image_portrait_base64: files.portrait.toString("base64") };
          const piece = { type: "character" as const, name: "Mira", description: "", details };
          for (let rest = times; rest > 0; rest -= 5)
            await client.createWorld({
              theme: "norse",
              pieces: Array(Math.min(5, rest)).fill(piece),
            });
          await finished(database);
        },
      },
      "an upload that is published as it is": {
        bytes: files.photo.length,
        run: (times: number) => repeat(times, upload(files.photo, "image/jpeg")),
      },
      "an upload that is encoded anew": {
        bytes: files.webp.length,
        run: (times: number) => repeat(times, upload(files.webp, "image/webp")),
      },
      "a re-hosted image": {
        bytes: files.photo.length,
        async run(times: number) {
          await repeat(times, () => {
            attachment += 1;
            const url = `${platform.origin}/attachments/1/${attachment}/cat.jpg`;
            return client.rehostImage({ source: { platform: "discord", url } });
          });
          await finished(database);
        },
      },
    };
    try {
      const idlePerMs = await idleCpu(stack);
      const lines: (string | number)[][] = [];
      for (const [name, { bytes, run }] of Object.entries(ways)) {
        await run(5); // loads code, and starts the decoder's process
        await sleep(500);
        r2.takeCounts();
        sent = 0;
        const started = performance.now();
        const before = await stack.call<number>("cpuWithChildren");
        await run(count);
        const cpu = (await stack.call<number>("cpuWithChildren")) - before;
        const idle = idlePerMs * (performance.now() - started);
        const operations = Object.entries(r2.takeCounts())
          .map(([operation, times]) => `${operation} ${times / count}`)
          .join(", ");
        lines.push([name, bytes / 1e3, (cpu - idle) / count, sent / count / 1e3, operations]);
      }
      return {
        goals: [],
        figures: [
          ["", "KB", "CPU, ms", "KB sent to R2 by functions", "calls to R2"],
          ...lines,
          ...(await sweeps(environment, database)).map(([what, ms]) => [what, "", ms, "", ""]),
          [
            "bytes of a row of `images`, with its indexes",
            (await rowBytes(database)) / 1e3,
            "",
            "",
            "",
          ],
        ] as (string | number)[][],
        method: `${count} of each, one after another, through the whole local system in one process; CPU is that of the API, the consumers and the decoder, without Postgres' and without what the system takes when it is idle. The photo has 1,600 × 1,200 pixels, of noise at every scale. Bytes that a browser sends to R2 itself are not counted. A sweep removes ${swept} incoming objects. These figures are the base of [docs/costs.md](costs.md).`,
      };
    } finally {
      await system.stop();
    }
  },
};

const repeat = async (times: number, run: () => Promise<unknown>) => {
  for (let time = 0; time < times; time += 1) await run();
};

/** CPU milliseconds that a system without requests takes in each millisecond. */
async function idleCpu(stack: { call<Value>(name: string): Promise<Value> }) {
  await sleep(1_000);
  const before = await stack.call<number>("cpuWithChildren");
  await sleep(2_000);
  return ((await stack.call<number>("cpuWithChildren")) - before) / 2_000;
}

/** CPU of a sweep with nothing to do, and of the removal of one incoming object. */
async function sweeps(
  { backends: { r2 }, startProcess }: Environment,
  { url: databaseUrl, sql }: Database,
): Promise<[string, number][]> {
  const { endpoint, accessKeyId, secretAccessKey, publicUrl } = r2;
  const link = (bucket: string) => ({ bucket, endpoint, accessKeyId, secretAccessKey, publicUrl });
  const sweeper = await startProcess("processes/sweepWorker.ts");
  await sweeper.call("start", {
    databaseUrl,
    images: link(r2.imagesBucket),
    incoming: link(r2.incomingBucket),
    privateImages: link(r2.privateBucket),
  });
  const sweep = async () => (await sweeper.call<{ cpu: number }>("sweep")).cpu;
  await sweep();
  const idle = await sweep();
  // what else is due
  await sql`
    update images set url_expires_at = now() - interval '1 second' where platform = 'web'
  `;
  await sweep();
  await sql`
    insert into images (image_id, owner_id, platform, source, status, url_expires_at)
    select gen_random_uuid(), 'user:bench', 'web', '{}', 'rejected', now() - interval '1 second'
    from generate_series(1, ${swept}::integer)
  `;
  const removing = await sweep();
  return [
    ["a sweep without work", idle],
    ["of a sweep, for an upload that was removed before", (removing - idle) / swept],
  ];
}

/** Of 5,000 rows like those that were published. */
async function rowBytes({ sql }: Database): Promise<number> {
  const columns = await sql<{ column_name: string }[]>`
    select column_name from information_schema.columns
    where table_name = 'images' and column_name not in ('image_id', 'platform_ref')
      and is_generated = 'NEVER'
  `;
  const names = columns.map(({ column_name }) => column_name).join(", ");
  await sql`delete from images where status <> 'published'`;
  const size = async () => {
    const [row] = await sql<[{ bytes: string }]>`
      select pg_total_relation_size('images') as bytes
    `;
    return Number(row.bytes);
  };
  await sql`vacuum full images`;
  const before = await size();
  const added = 5_000;
  await sql.unsafe(`
    insert into images (image_id, platform_ref, ${names})
    select gen_random_uuid(), gen_random_uuid(), ${names}
    from (select * from images where platform = 'discord' limit 1) image,
      generate_series(1, ${added})
  `);
  return ((await size()) - before) / added;
}

/** A portrait, a photo without metadata and the same photo as WebP, of about 500 KB each. */
async function pictures() {
  const photo = await photoPixels(1_600, 1_200);
  return {
    portrait: await noisePng(480_000),
    photo: await ofBytes(500_000, (quality) => photo().jpeg({ quality }).toBuffer()),
    webp: await ofBytes(500_000, (quality) => photo().webp({ quality }).toBuffer()),
  };
}

/** Noise at every scale, less of it the finer it is, as in photos. */
async function photoPixels(width: number, height: number) {
  const raw = { width, height, channels: 3 as const };
  const sum = new Float32Array(width * height * 3);
  let amplitude = 1;
  for (let scale = 256; scale >= 1; scale /= 2, amplitude *= 0.75) {
    const small = { ...raw, width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
    const noise = await sharp(randomBytes(small.width * small.height * 3), { raw: small })
      .resize(width, height, { fit: "fill" })
      .raw()
      .toBuffer();
    for (let index = 0; index < sum.length; index += 1)
      sum[index]! += amplitude * (noise[index]! - 128);
  }
  const pixels = Uint8ClampedArray.from(sum, (value) => 128 + value * 0.6);
  return () => sharp(pixels, { raw });
}

/** The encoding of the quality that comes closest to these bytes. */
async function ofBytes(bytes: number, encode: (quality: number) => Promise<Buffer>) {
  let [low, high] = [1, 100];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await encode(middle)).length < bytes) low = middle + 1;
    else high = middle;
  }
  return encode(low);
}

/** Resolves when no portrait and no image is pending. */
async function finished({ sql }: Database) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
    const [row] = await sql<[{ pending: number }]>`
      select (select count(*) from lore_pieces where portrait_status = 'pending')::integer +
             (select count(*) from images where status = 'pending')::integer as pending
    `;
    if (row.pending === 0) return;
  }
  throw new Error("Images were pending for a minute");
}

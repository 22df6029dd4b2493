import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../support/databases.ts";
import { request } from "../support/events.ts";
import { interleaved, type Sample } from "../support/measure.ts";
import type { Subject } from "../support/measuredProcess.ts";
import { noise } from "../support/portraits.ts";
import { queue } from "../support/queues.ts";
import type { Row } from "../support/row.ts";

const portraits = 8;
const times = 4;

export const createWorld: Row = {
  name: "createWorld",
  title: "A world of 5.5 MB",
  async measure(lab) {
    const sub = randomUUID();
    const [ours, theirs] = [await lab.database("keepsake"), await lab.database("plain")];
    const queueUrl = await queue(lab, "worlds");
    const png = (await noise(483_000)).toString("base64");
    const image_ids = await publishedImages(ours, sub);

    const base64 = await eventFile("base64", (piece) => ({
      ...piece,
      details: { ...piece.details, image_portrait_base64: png },
    }));
    const images = await eventFile("images", (piece, index) => ({
      ...piece,
      portrait_image_id: image_ids[index],
    }));
    const links = { Database: { url: ours.url }, PortraitQueue: { url: queueUrl } };
    const settings = { DATABASE_URL: theirs.url, QUEUE_URL: queueUrl };
    const keepsake = await lab.lambda(lab.keepsake("createWorld", links));
    const byImage = await lab.lambda(lab.keepsake("createWorld", links));
    const plain = await lab.lambda(await lab.plain("createWorld", settings));

    const medians = await interleaved(lab.rounds(7), {
      Keepsake: () => created(keepsake, ours, base64, times),
      "Keepsake by `portrait_image_id`": () => created(byImage, ours, images, times * 5),
      plain: () => created(plain, theirs, base64, times),
    });
    const { Keepsake, "Keepsake by `portrait_image_id`": byId } = medians;
    return {
      goals: [
        {
          what: "`createWorld` with 5.5 MB of portraits, CPU of Node and Postgres",
          reached: Keepsake.cpu! / medians.plain.cpu!,
          unit: "× plain",
          atMost: 0.45,
        },
        {
          what: "the same world by `portrait_image_id`",
          reached: byId.cpu! / medians.plain.cpu!,
          unit: "× plain",
          atMost: 0.03,
        },
      ],
      figures: [
        ["", "CPU, ms", "of it Node's", "of it Postgres'", "wall, ms"],
        ...Object.entries(medians).map(([name, { cpu, node, postgres, wall }]) => [
          name,
          cpu!,
          node!,
          postgres!,
          wall!,
        ]),
      ],
      how: `${portraits} characters with a portrait each, ${Math.round((png.length * portraits) / 1e4) / 100} MB of base64 in one request; ${times} worlds a turn, by id ${times * 5}. Functions as deployed, warm, each in a process of its own. Postgres' CPU is that of the connections' backends.`,
    };

    async function eventFile(name: string, draft: (piece: Piece, index: number) => object) {
      const pieces = Array.from({ length: portraits }, (_, index) => draft(piece(index), index));
      const file = join(lab.directory, `world-${name}.json`);
      const body = { theme: "norse", title: "Ashfall", pieces };
      await writeFile(file, JSON.stringify(request("createWorld", { body, sub })));
      return file;
    }

    async function created(
      subject: Subject,
      database: Database,
      eventFile: string,
      times: number,
    ): Promise<Sample> {
      const before = await lab.backendCpu(database);
      const { cpu, wall } = await subject.ask<{ cpu: number; wall: number }>("repeat", {
        eventFile,
        times,
      });
      const postgres = (await lab.backendCpu(database)) - before;
      return {
        cpu: (cpu + postgres) / times,
        node: cpu / times,
        postgres: postgres / times,
        wall: wall / times,
      };
    }
  },
};

type Piece = ReturnType<typeof piece>;

const piece = (index: number) => ({
  type: "character",
  name: `Mira the ${index}th`,
  description: "Keeps the lighthouse of a town that the sea has left.",
  details: { traits: ["Patient", "Wry", "Watchful"], flaw: "Answers every light." },
});

async function publishedImages({ sql }: Database, sub: string): Promise<string[]> {
  const rows = await sql<{ image_id: string }[]>`
    insert into images (image_id, owner_id, platform, source, status, key, url, content_type, bytes,
                        width, height, sha256, source_sha256, published_at)
    select gen_random_uuid(), ${`user:${sub}`}, 'web', '{}', 'published', 'images/' || n, 'https://images.example.com/' || n,
           'image/png', 500000, 400, 400, md5(n::text), md5(n::text), now()
    from generate_series(1, ${portraits}::integer) n
    returning image_id
  `;
  return rows.map(({ image_id }) => image_id);
}

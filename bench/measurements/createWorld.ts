import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../support/createDatabase.ts";
import { createQueue } from "../support/createQueue.ts";
import type { MeasuredProcess } from "../support/forkProcess.ts";
import { apiEvent } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const portraits = 8;
const times = 4;

export const createWorld: Row<Prepared> = {
  name: "createWorld",
  title: "A world of 5.5 MB",
  prepare,
  async measure(environment, { keepsakeDatabase, plainDatabase, queueUrl, ...prepared }) {
    const { base64, images } = prepared;
    const links = { Database: { url: keepsakeDatabase.url }, PortraitQueue: { url: queueUrl } };
    const settings = { DATABASE_URL: plainDatabase.url, QUEUE_URL: queueUrl };
    const keepsake = await environment.startLambda(
      environment.keepsakeFunction("createWorld", links),
    );
    const byImage = await environment.startLambda(
      environment.keepsakeFunction("createWorld", links),
    );
    const plain = await environment.startLambda(
      await environment.plainFunction("createWorld", settings),
    );
    const floor = await environment.startProcess("processes/worldFloor.ts", {
      args: [keepsakeDatabase.url],
    });
    await floor.call("prepare");

    const medians = await interleave(environment.rounds(7), {
      Keepsake: () => created(keepsake, keepsakeDatabase, base64, times),
      "Keepsake by `portrait_image_id`": () =>
        created(byImage, keepsakeDatabase, images, times * 5),
      plain: () => created(plain, plainDatabase, base64, times),
      floor: () => created(floor, keepsakeDatabase, base64, times),
    });
    await keepsakeDatabase.sql`drop table world_floor`;
    const { Keepsake, "Keepsake by `portrait_image_id`": byId } = medians;
    return {
      goals: [
        {
          what: "`createWorld` with 5.5 MB of portraits, CPU of Node and Postgres",
          actual: Keepsake.cpu! / medians.plain.cpu!,
          unit: "× plain",
          atMost: 0.4,
        },
        {
          what: "the same world by image id (`portrait_image_id`)",
          actual: byId.cpu! / medians.plain.cpu!,
          unit: "× plain",
          atMost: 0.03,
        },
      ],
      figures: [
        ["", "CPU, ms", "of which Node", "of which Postgres", "wall, ms"],
        ...Object.entries(medians).map(([name, { cpu, node, postgres, wall }]) => [
          name,
          cpu!,
          node!,
          postgres!,
          wall!,
        ]),
      ],
      method: `${portraits} characters with a portrait each, ${prepared.megabytes} MB of base64 in one request; ${times} worlds a turn, by id ${times * 5}. Functions as deployed, warm, each in a process of its own. Postgres' CPU is that of its backend processes for these connections. The floor parses the JSON and sends its base64 to Postgres as text, one portrait a statement, which stores it as it is: nothing is checked, and no other row written.`,
      reason: `The floor takes ${(medians.floor.cpu! / medians.plain.cpu!).toFixed(2)} × plain: the JSON is parsed, and its base64 received and stored by Postgres, in any design that commits before it answers. Keepsake also decodes the base64, checks each image's header and makes the JSON of the rows.`,
    };

    async function created(
      worker: MeasuredProcess,
      database: Database,
      eventFile: string,
      times: number,
    ): Promise<Sample> {
      const before = await environment.postgresCpu(database);
      const { cpu, wall } = await worker.call<{ cpu: number; wall: number }>("repeat", {
        eventFile,
        times,
      });
      const postgres = (await environment.postgresCpu(database)) - before;
      return {
        cpu: (cpu + postgres) / times,
        node: cpu / times,
        postgres: postgres / times,
        wall: wall / times,
      };
    }
  },
};

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Databases of both, a queue, and files with the requests: by base64, and by the ids of published images. */
async function prepare(environment: Environment) {
  const sub = randomUUID();
  const [keepsakeDatabase, plainDatabase] = [
    await environment.createDatabase("keepsake"),
    await environment.createDatabase("plain"),
  ];
  const png = (await noisePng(483_000)).toString("base64");
  const image_ids = await publishedImages(keepsakeDatabase, sub);
  return {
    keepsakeDatabase,
    plainDatabase,
    queueUrl: await createQueue(environment, "worlds"),
    megabytes: Math.round((png.length * portraits) / 1e4) / 100,
    base64: await eventFile("base64", (piece) => ({
      ...piece,
      details: { ...piece.details, image_portrait_base64: png },
    })),
    images: await eventFile("images", (piece, index) => ({
      ...piece,
      portrait_image_id: image_ids[index],
    })),
  };

  async function eventFile(name: string, draft: (piece: Piece, index: number) => object) {
    const pieces = Array.from({ length: portraits }, (_, index) => draft(piece(index), index));
    const file = join(environment.directory, `world-${name}.json`);
    const body = { theme: "norse", title: "Ashfall", pieces };
    await writeFile(file, JSON.stringify(apiEvent("createWorld", { body, sub })));
    return file;
  }
}

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

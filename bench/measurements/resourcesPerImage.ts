import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Way, ways } from "@keepsake/ops/costs/costsOfWays";
import type { Database } from "../support/createDatabase.ts";
import { localSystem } from "../support/localSystem.ts";
import type { Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { picturesOf500Kb } from "../support/picturesOf500Kb.ts";
import { sweepCpu } from "../support/sweepCpu.ts";
import { whenPublished } from "../support/whenPublished.ts";

/** What the runs of `publishing` measured: milliseconds of CPU of each way, and the bytes of what is published. */
export const measuredRuns: Sample[] = [];

/** What packages/ops/costs/measuredWork.ts holds: for each way into the store, what one image takes. */
export const publishing: Row<Prepared> = {
  name: "publishing",
  title: "What one image of 500 KB takes",
  prepare: ({ isBrief }) => picturesOf500Kb(isBrief),
  async measure(environment, files) {
    const { isBrief } = environment;
    const [count, warmUp, swept] = isBrief ? [2, 1, 50] : [20, 5, 400];
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
    const work = {
      portraits: {
        bytes: files.portrait.length,
        async run(times: number) {
          const details = { image_portrait_base64: files.portrait.toString("base64") };
          const piece = { type: "character" as const, name: "Mira", description: "", details };
          for (let rest = times; rest > 0; rest -= 5)
            await client.createWorld({
              theme: "norse",
              pieces: Array(Math.min(5, rest)).fill(piece),
            });
          await whenPublished(database);
        },
      },
      unchanged: {
        bytes: files.photo.length,
        run: (times: number) => repeat(times, upload(files.photo, "image/jpeg")),
      },
      rewritten: {
        bytes: files.webp.length,
        run: (times: number) => repeat(times, upload(files.webp, "image/webp")),
      },
      rehosts: {
        bytes: files.photo.length,
        async run(times: number) {
          await repeat(times, () => {
            attachment += 1;
            const url = `${platform.origin}/attachments/1/${attachment}/cat.jpg`;
            return client.rehostImage({ source: { platform: "discord", url } });
          });
          await whenPublished(database);
        },
      },
    };
    try {
      const idlePerMs = await idleCpu(stack, isBrief ? 200 : 2_000);
      const lines: (string | number)[][] = [];
      const took = {} as Record<Way, { bytes: number; cpu: number; sent: number }>;
      for (const [way, { bytes, run }] of Object.entries(work) as [Way, Work][]) {
        await run(warmUp); // loads code, and starts the decoder's process
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
        took[way] = { bytes, cpu: (cpu - idle) / count, sent: sent / count };
        lines.push([ways[way], bytes / 1e3, took[way].cpu, took[way].sent / 1e3, operations]);
      }
      const { portraits, unchanged, rewritten, rehosts } = took;
      measuredRuns.push({
        ...{ portrait: portraits.cpu, unchanged: unchanged.cpu },
        ...{ rewritten: rewritten.cpu, rehost: rehosts.cpu },
        copiesBytes: unchanged.sent, // CopyObject moves the picture itself
        rewrittenBytes: (rewritten.sent - unchanged.sent) / rewritten.bytes,
      });
      return {
        goals: [],
        figures: [
          ["", "KB", "CPU, ms", "KB sent to R2 by functions", "calls to R2"],
          ...lines,
          ...(await sweepCpu(environment, database, swept)).map(([what, ms]) => [
            what,
            "",
            ms,
            "",
            "",
          ]),
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

type Prepared = Awaited<ReturnType<typeof picturesOf500Kb>>;
type Work = { bytes: number; run(times: number): Promise<void> };

const repeat = async (times: number, run: () => Promise<unknown>) => {
  for (let time = 0; time < times; time += 1) await run();
};

/** CPU milliseconds that a system without requests takes in each millisecond. */
async function idleCpu(stack: { call<Value>(name: string): Promise<Value> }, ms: number) {
  await sleep(ms / 2);
  const before = await stack.call<number>("cpuWithChildren");
  await sleep(ms);
  return ((await stack.call<number>("cpuWithChildren")) - before) / ms;
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

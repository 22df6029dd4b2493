import { setTimeout as sleep } from "node:timers/promises";
import { countingProxy } from "../support/countingProxy.ts";
import type { Database } from "../support/createDatabase.ts";
import { localSystem } from "../support/localSystem.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";

const worlds = 10;
const portraits = 20;
const images = 20;

export const operations: Row = {
  name: "operations",
  title: "Operations per image",
  async measure(environment) {
    const bucketOf = (url = "") => /\/(images|incoming)\//.exec(url)?.[1];
    const sqs = await countingProxy(environment.backends.sqsEndpoint, ({ headers }, response) => {
      const action = String(headers["x-amz-target"]).replace("AmazonSQS.", "");
      const isEmpty = action === "ReceiveMessage" && !response.includes("ReceiptHandle");
      return isEmpty ? emptyPoll : action;
    });
    const system = await localSystem(environment, {
      picture: await noisePng(20_000),
      nameOf: ({ method, url }) => `${method} ${bucketOf(url)}`,
      sqsEndpoint: sqs.url,
    });
    const { client, database, platform, r2 } = system;
    try {
      const png = (await noisePng(20_000)).toString("base64");
      r2.takeCounts();
      sqs.takeCounts();

      const pieces = Array.from({ length: portraits }, (_, index) => ({
        type: "character" as const,
        name: `Mira the ${index}th`,
        description: "",
        details: { image_portrait_base64: png },
      }));
      for (let world = 0; world < worlds; world += 1)
        await client.createWorld({ theme: "norse", pieces });
      await published(database, "portrait", worlds * portraits);
      await sleep(500); // messages are deleted a moment after they are handled
      const byPortraits = { r2: r2.takeCounts(), sqs: sqs.takeCounts() };

      for (let image = 0; image < images; image += 1) {
        const file = new Blob([new Uint8Array(await noisePng(20_000))], { type: "image/png" });
        await client.upload(file);
      }
      const byUploads = r2.takeCounts();

      for (let image = 1; image <= images; image += 1)
        await client.rehostImage({
          source: { platform: "discord", url: `${platform.origin}/attachments/1/${image}/cat.png` },
        });
      await published(database, "discord", images);
      await sleep(500);
      const byRehosts = r2.takeCounts();

      const { [emptyPoll]: _, ...calls } = byPortraits.sqs;
      return {
        goals: [
          {
            what: "R2 operations per portrait (1 PUT)",
            actual: total(byPortraits.r2) / (worlds * portraits),
            unit: "",
            atMost: 1,
          },
          {
            what: "per web upload, the browser's PUT among them (2 PUT + 1 GET)",
            actual: total(byUploads) / images,
            unit: "",
            atMost: 3,
          },
          {
            what: "per re-hosted image (1 PUT)",
            actual: total(byRehosts) / images,
            unit: "",
            atMost: 1,
          },
          {
            what: "SQS calls per portrait",
            actual: total(calls) / (worlds * portraits),
            unit: "",
            atMost: 0.4,
          },
        ],
        figures: [
          ["", "operation", "each"],
          ...lines("portrait", byPortraits.r2, worlds * portraits),
          ...lines("portrait", byPortraits.sqs, worlds * portraits),
          ...lines("web upload", byUploads, images),
          ...lines("re-hosted image", byRehosts, images),
        ],
        method: `Counted by proxies in front of the embedded R2 and SQS: ${worlds} worlds of ${portraits} portraits, ${images} uploads by the client, ${images} re-hosted attachments. SQS calls are sending, receiving and deleting. The number of polls without messages depends on time and not on portraits: they are listed here, but not in the goal.`,
      };
    } finally {
      await Promise.all([system.stop(), sqs.stop()]);
    }
  },
};

const emptyPoll = "ReceiveMessage without messages";

const total = (counts: Record<string, number>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const lines = (what: string, counts: Record<string, number>, of: number) =>
  Object.entries(counts).map(([name, count]) => [what, name, count / of]);

async function published({ sql }: Database, what: "portrait" | "discord", count: number) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    const [row] =
      what === "portrait"
        ? await sql`select count(*)::integer from lore_pieces where portrait_status = 'published'`
        : await sql`select count(*)::integer from images where platform = 'discord' and status = 'published'`;
    if (row!.count === count) return;
  }
  throw new Error(`${count} were not published within a minute`);
}

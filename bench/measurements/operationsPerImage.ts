import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { countingProxy } from "../support/countingProxy.ts";
import { filesToCount } from "../support/filesToCount.ts";
import { localSystem } from "../support/localSystem.ts";
import type { Row } from "../support/measurement.ts";
import { whenPublished } from "../support/whenPublished.ts";

export const operations: Row = {
  name: "operations",
  title: "Operations and bytes per image",
  async measure(environment) {
    const files = await filesToCount();
    let sent = 0;
    const nameOf = ({ method, url = "", headers }: IncomingMessage) => {
      const bucket = /\/(images|incoming|private)\//.exec(url)?.[1];
      if (bucket !== "incoming" || method !== "PUT") sent += Number(headers["content-length"] ?? 0);
      return `${headers["x-amz-copy-source"] === undefined ? method : "COPY to"} ${bucket}`;
    };
    const sqs = await countingProxy(environment.backends.sqsEndpoint, ({ headers }, response) => {
      const action = String(headers["x-amz-target"]).replace("AmazonSQS.", "");
      const isEmpty = action === "ReceiveMessage" && !response.includes("ReceiptHandle");
      return isEmpty ? emptyPoll : action;
    });
    const system = await localSystem(environment, {
      picture: files.rehost,
      nameOf,
      sqsEndpoint: sqs.url,
    });
    const { client, database, platform, r2, postgres } = system;
    const [worlds, images, photos, webps] = environment.isBrief ? [1, 2, 1, 1] : [6, 10, 3, 2];
    const createWorlds = (portrait: Buffer, each: number) => (count: number) => {
      const details = { image_portrait_base64: portrait.toString("base64") };
      const piece = { type: "character" as const, name: "Mira", description: "", details };
      const pieces = Array<typeof piece>(each).fill(piece);
      return repeat(count / each, () => client.createWorld({ theme: "norse", pieces }));
    };
    const upload = (bytes: Buffer, type: string) =>
      client.upload(new Blob([new Uint8Array(bytes)], { type }));

    const ways: Way[] = [
      {
        what: "portrait",
        bytes: files.portrait.length,
        count: worlds * 5,
        atMost: 1.15,
        objects: 2,
        run: createWorlds(files.portrait, 5), // the most of a request
      },
      {
        what: "portrait of 20 KB",
        bytes: files.smallPortrait.length,
        count: worlds * 20,
        atMost: 1.15,
        objects: 1,
        run: createWorlds(files.smallPortrait, 20),
      },
      {
        what: "unchanged photo of 8 MB",
        bytes: files.photo.length,
        count: photos,
        atMost: 0.05,
        objects: 3,
        run: (count) => repeat(count, () => upload(files.photo, "image/jpeg")),
      },
      {
        what: "rewritten upload",
        bytes: files.webp.length,
        count: webps,
        atMost: 1.15,
        objects: 3,
        run: (count) => repeat(count, () => upload(files.webp, "image/webp")),
      },
      {
        what: "re-hosted image",
        bytes: files.rehost.length,
        count: images,
        atMost: 1.15,
        objects: 2,
        run: (count) =>
          repeat(count, (image) => {
            const url = `${platform.origin}/attachments/1/${image + 1}/cat.png`;
            return client.rehostImage({ source: { platform: "discord", url } });
          }),
      },
    ];
    try {
      await sleep(500);
      const counted = [];
      for (const way of ways) {
        for (const proxy of [r2, sqs, postgres]) proxy.takeCounts();
        sent = 0;
        await way.run(way.count);
        await whenPublished(database);
        await sleep(500); // messages are deleted a moment after they are handled
        const { [emptyPoll]: _, ...queue } = sqs.takeCounts();
        const calls = { r2: r2.takeCounts(), sqs: queue, postgres: postgres.takeCounts() };
        counted.push({ ...way, ...calls, sent });
      }
      return {
        goals: [
          ...counted.map(({ what, sent: bytesSent, bytes, count, atMost }) => ({
            what: `bytes that leave AWS of each ${what}, over its own`,
            actual: bytesSent / count / bytes,
            unit: "",
            atMost,
          })),
          ...counted.map(({ what, r2: calls, count, objects }) => ({
            what: `writes of R2 by functions for each object of each ${what}`,
            actual: writes(calls) / count / objects,
            unit: "",
            atMost: 1,
          })),
        ],
        figures: [
          ["each", "KB", "KB sent to R2", "calls of R2", "calls of SQS", "Postgres"],
          ...counted.map(({ what, bytes, sent: bytesSent, count, r2: calls, ...other }) => [
            what,
            bytes / 1e3,
            bytesSent / count / 1e3,
            listed(calls, count),
            listed(other.sqs, count),
            listed(other.postgres, count),
          ]),
        ],
        method: `Counted by proxies in front of the embedded R2, SQS and Postgres, from the request to the published row: ${worlds} worlds of 5 portraits of 500 KB and as many of 20 small ones, and uploads by the client and re-hosted attachments one after another. Bytes are the bodies of requests that functions send to R2, not what a browser PUTs there itself; an unchanged photo is copied within R2. The rewritten upload is a WebP of 2 MB and of quality 92; Keepsake encodes it again at about the same quality, which its frame header tells, from 80 to 95, so of one of a lower quality than 80 more leaves, and of one of a higher quality than 95 less. A portrait of 500 KB is two objects, one of 20 KB is one, and the images are two or three. SQS calls are sending, receiving and deleting; polls without messages depend on time and not on images, and are left out. Nothing is prepared behind a pooler: a statement is sent with its parameters, in one round trip.`,
      };
    } finally {
      await Promise.all([system.stop(), sqs.stop()]);
    }
  },
};

type Way = {
  what: string;
  bytes: number;
  count: number;
  /** Of the bytes that functions send, over those of the image. */
  atMost: number;
  /** What is published of it: itself and its copies. */
  objects: number;
  run(count: number): Promise<unknown>;
};

const emptyPoll = "ReceiveMessage without messages";

const repeat = async (times: number, run: (time: number) => Promise<unknown>) => {
  for (let time = 0; time < times; time += 1) await run(time);
};

/** The browser's own PUT is to the incoming bucket. */
const writes = (counts: Record<string, number>) =>
  Object.entries(counts)
    .filter(([name]) => /^(PUT|COPY to) (images|private)$/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);

const listed = (counts: Record<string, number>, of: number) =>
  Object.entries(counts)
    .map(([name, count]) => `${(count / of).toFixed(2)} ${name}`)
    .join(", ") || "none";

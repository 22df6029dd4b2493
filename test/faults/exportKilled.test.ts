import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@keepsake/adapters/generators/offline/seededRandom";
import type { ExportMessage } from "@keepsake/contract/messages";
import { expect } from "vitest";
import { messagesOf, passLeases } from "../support/exports/datasetToExport.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { noisePng } from "../support/images.ts";
import { deliver, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

const kills = 10;

test("a consumer that is killed ten times at random places leaves exports that are ready or failed, and no part of a zip", {
  timeout: 240_000,
}, async ({ stack, owner: { client, sub } }) => {
  const { sql } = stack;
  const image_ids = await Promise.all(
    [1, 2].map(async () => {
      const bytes = await noisePng(1_700); // two are more than a part of an upload
      const ticket = await client.presignUpload(uploadRequest(bytes));
      await putTo(ticket, bytes);
      return (await client.completeUpload(ticket)).image.image_id;
    }),
  );
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  const items = image_ids.map((image_id) => ({ image_id, caption: "A harbour" }));
  await client.putDatasetItems({ dataset_id, items });
  /** Starts an export that no ready one answers, whatever the owner has started today. */
  const start = async () => {
    await sql`
      update exports set created_at = created_at - interval '1 day', content_sha256 = export_id::text
      where owner_id = ${`user:${sub}`}
    `;
    return (await client.createExport({ dataset_id, layout: "pairs" })).export.export_id;
  };
  const statusOf = async (export_id: string) =>
    (await client.getExport({ export_id })).export.status;

  const first = await start();
  const began = await consumer((await messagesOf(sql, first))[0]!);
  const wholeMs = await began.ended();
  expect(await statusOf(first)).toBe("ready");
  const expected = (await client.getExport({ export_id: first })).export.files[0]!.sha256;

  const exports: string[] = [];
  const next = random("killed exports");
  for (let killed = 0; killed < kills; ) {
    const export_id = await start();
    exports.push(export_id);
    while (killed < kills) {
      const [message] = await messagesOf(sql, export_id);
      if (!message) break;
      const process = await consumer(message);
      await sleep(next() * wholeMs);
      await process.kill();
      killed += 1;
      await passLeases(sql, export_id);
      await sweep(stack);
    }
    for (const message of await messagesOf(sql, export_id))
      await deliver(stack, "ExportQueue", [message]);
  }

  await sql`
    update erasure_objects set erase_after = now(), final_after = now() where erased_at is null
  `;
  await sweep(stack);
  const ends: string[] = [];
  for (const export_id of exports) {
    const { export: ended } = await client.getExport({ export_id });
    const left = await exportObjects(export_id);
    ends.push(ended.status);
    if (ended.status === "failed") {
      expect(ended.error).toMatchObject({ code: "export.failed" });
      expect(left).toEqual(nothingLeft);
    } else {
      expect(ended.status).toBe("ready");
      expect(left).toEqual({ zips: [`exports/${export_id}/0.zip`], unfinished: [] });
      expect(sha256Of(await bytesAt(ended.files[0]!.url))).toBe(expected);
      expect(ended.files[0]!.sha256).toBe(expected);
    }
  }
  process.stdout.write(`killed ${kills} times: ${ends.join(", ")}\n`);
});

/** A consumer in a process of its own, which has loaded its code and begins with the message. */
async function consumer(message: ExportMessage) {
  const file = resolve(import.meta.dirname, "support/exportConsumerProcess.ts");
  const child = fork(file, [JSON.stringify(message)], {
    env: { ...process.env, LOG_LEVEL: "SILENT" },
    execArgv: [],
  });
  const exited = once(child, "exit");
  await once(child, "message");
  const begun = performance.now();
  return {
    /** Resolves to how long it took. */
    async ended() {
      expect(await exited).toEqual([0, null]);
      return performance.now() - begun;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

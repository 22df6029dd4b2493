import { expect } from "vitest";
import { deliver, type TestStack } from "../stack.ts";
import { bytesAt } from "../uploadRequests.ts";
import { messagesOf } from "./datasetToExport.ts";
import { readZip } from "./readZip.ts";

/** Writes the zips of an export, as its queue's consumer. */
export async function writeExport(stack: TestStack, export_id: string): Promise<void> {
  for (const message of await messagesOf(stack.sql, export_id))
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
}

/** The files of all zips of an export, in order. */
export async function filesOf(zips: { url: string }[]) {
  const files = await Promise.all(zips.map(async ({ url }) => readZip(await bytesAt(url))));
  return files.flat();
}

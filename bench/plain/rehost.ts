import { putPublic } from "./putPublic.ts";

/** Copies one file from its URL to the bucket. */
export async function rehost(url: string, Key: string) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}`);
  await putPublic(Key, Buffer.from(await response.arrayBuffer()), "image/png");
}

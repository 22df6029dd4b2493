import { openapi } from "@keepsake/contract/openapi/document";
import sharp from "sharp";
import { expect } from "vitest";
import { png } from "../support/images.ts";
import { generateValues } from "../support/openapi/generateValue.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { newOwner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

type Target = { method: string; path: string; count: number; prepare?: Prepare };
/** Makes what the path names. Resolves to the path's parameters. */
type Prepare = (owner: ReturnType<typeof newOwner>) => Promise<Record<string, string>>;

const world: Prepare = async ({ client }) => {
  const { world } = await client.createWorld({ theme: "x", pieces: [await character(), faction] });
  return { world_id: world.world_id, piece_id: world.pieces[0]!.piece_id };
};
const image: Prepare = async ({ client }) => ({
  image_id: (await client.upload(fileOf(await png()))).image_id,
});

const dataset: Prepare = async ({ client }) => ({
  dataset_id: (await client.createDataset({ name: "x" })).dataset.dataset_id,
});

/** Generating is slow: these are few. */
const targets: Target[] = [
  { method: "POST", path: "/characters", count: 6 },
  { method: "POST", path: "/", count: 6 },
  { method: "POST", path: "/worlds", count: 38 },
  { method: "POST", path: "/worlds/{world_id}/pieces", count: 40, prepare: world },
  {
    method: "PUT",
    path: "/worlds/{world_id}/pieces/{piece_id}/portrait",
    count: 40,
    prepare: world,
  },
  { method: "POST", path: "/uploads", count: 50 },
  { method: "PATCH", path: "/images/{image_id}", count: 40, prepare: image },
  { method: "POST", path: "/rehosts", count: 40 },
  { method: "POST", path: "/datasets", count: 10 },
  { method: "PATCH", path: "/datasets/{dataset_id}", count: 10, prepare: dataset },
  { method: "PUT", path: "/datasets/{dataset_id}/items", count: 20, prepare: dataset },
];

test("of 300 bodies that the document allows, at most 2 % are refused for what it does not say", {
  timeout: 120_000,
}, async ({ stack, task }) => {
  task.meta.cases = 300;
  const document = openapi();
  const square = sharp(await png());
  const pictures = [square.png(), square.clone().jpeg(), square.clone().webp()];
  const base64 = (await Promise.all(pictures.map((each) => each.toBuffer()))).map((bytes) =>
    bytes.toString("base64"),
  );
  const refused: string[] = [];
  let sent = 0;
  for (const { method, path, count, prepare } of targets) {
    const place = ["paths", path, method.toLowerCase(), "requestBody", "content"];
    const schema = [...place, "application/json", "schema"];
    const bodies = generateValues(document, schema, { seed: 20_261_121, count, pictures: base64 });
    const owner = prepare && newOwner(stack);
    const names = owner && (await prepare(owner));
    for (const body of bodies) {
      sent += 1;
      // without something to change, each has an owner, and so a quota, of its own
      const { sub } = owner ?? newOwner(stack);
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => names![name]!);
      const problem = await send(stack, { method, path: filled, sub }, body);
      if (problem) refused.push(`${method} ${path}: ${problem}`);
    }
  }
  expect(sent).toBe(300);
  expect(refused.length, refused.join("\n")).toBeLessThanOrEqual(6);
});

type Sent = { method: string; path: string; sub: string };

/** Why a body was refused; undefined when it was accepted, or when only what it names does not exist. */
async function send(stack: TestStack, { method, path, sub }: Sent, body: unknown) {
  const url = path === "/" ? stack.stream : stack.api + path;
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${await stack.issuer.sign(sub)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(onListedHost(body)),
  });
  const text = await answer.text();
  if (![400, 413, 415, 422].includes(answer.status)) return undefined;
  const { error } = JSON.parse(text);
  return `${error.code}: ${error.message} ${JSON.stringify(body).slice(0, 300)}`;
}

/** With a host of `GET /rehosts/hosts` where it re-hosts a URL: which ones there are is a stage's own. */
function onListedHost(body: unknown) {
  const { source } = body as { source?: { platform: string; url: string } };
  if (source?.platform !== "url") return body;
  const url = source.url.replace(/^https:\/\/[^/?#]+/, "https://replicate.delivery");
  return { ...(body as object), source: { ...source, url } };
}

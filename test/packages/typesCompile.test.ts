import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../structure/importGraph.ts";
import { npmPackage } from "./support/installNpmPackage.ts";
import { packed, projectWith, run } from "./support/packForTests.ts";

/** What a program of another project says, and with `@ts-expect-error` what it may not say. */
const program = `
import { type Client, createClient, type Image, KeepsakeError, type PublishedImage, srcSet, type WebhookEvent, type World } from "@keepsake/client";

const client: Client = createClient({ baseUrl: "http://127.0.0.1:3000", token: async () => "token" });
const backend = createClient({ baseUrl: "http://127.0.0.1:3000", serviceKey: "ks_", owner: "alice" });
// @ts-expect-error: either a token or a service key
createClient({ baseUrl: "", token: "token", serviceKey: "ks_" });
// @ts-expect-error: there is no such option
createClient({ baseUrl: "", tokn: "token" });

export async function page(file: File, signal: AbortSignal): Promise<string> {
  const image: PublishedImage = await client.upload(file, {
    signal,
    reuse: true,
    onProgress: ({ loaded, total }) => console.log(loaded / total),
  });
  const url: string = image.url;
  const listed: Image | undefined = (await client.listImages()).images[0];
  // @ts-expect-error: null until the image is published
  const listedUrl: string | undefined = listed?.url;
  const { world } = await client.createWorld({ theme: "norse", pieces: (await client.generateCharacters({ theme: "norse", count: 2 })).characters });
  const seen: World = await client.waitForPortraits(world.world_id, { timeoutMs: 1_000 });
  // @ts-expect-error: one of four
  if (seen.pieces[0]?.portrait_status === "ready") return "";
  for await (const event of client.streamCharacters({ theme: "norse", count: 1 }, { signal }))
    if (event.type === "character") console.log(event.character.name);
  await backend.listImages({ tag: undefined, limit: 10 });
  // @ts-expect-error: image_id is missing
  await backend.getImage({});
  // @ts-expect-error: a private image is "private"
  await backend.createImage({ image_base64: "", visibility: "secret" });
  const presigned = await client.presignUpload({ content_type: "image/png", size: 1, sha256: "" });
  return srcSet(image) + url + presigned.url;
}

export function handle(event: WebhookEvent, error: unknown) {
  if (error instanceof KeepsakeError && error.code === "image.unsupported") console.log(error.requestId);
  // @ts-expect-error: there is no such code
  if (error instanceof KeepsakeError && error.code === "image.bad") return;
  if (event.type === "image.published") console.log(event.data.image.url);
  // @ts-expect-error: only images have one
  if (event.type === "erasure.done") console.log(event.data.image.url);
}
`;

const page = `
import { createClient, type Image, type World } from "@keepsake/client";
import { createUploadQueue } from "@keepsake/client/queue";
import { Dropzone, KeepsakeProvider, UploadButton, useImages, useUpload, useWorld } from "@keepsake/client/react";

const client = createClient({ baseUrl: "", token: "token" });
createUploadQueue(client, {}).add([new File([], "cat.png")]);

function Page({ onPublished }: { onPublished(image: Image): void }) {
  const upload = useUpload({ concurrency: 3, onPublished });
  // @ts-expect-error: a number
  useUpload({ concurrency: "3" });
  const { images } = useImages({ tag: "draft" });
  const world: World | undefined = useWorld("id").world;
  return (
    <>
      <Dropzone upload={upload} aria-label="Pictures" />
      <UploadButton upload={upload}>Choose pictures</UploadButton>
      {images.length} {world?.title} {upload.files.map(({ status, progress }) => status + progress)}
    </>
  );
}

export const App = () => <KeepsakeProvider client={client}><Page onPublished={({ url }) => console.log(url)} /></KeepsakeProvider>;
`;

let builds: Awaited<ReturnType<typeof packed>>;
let oldest: string;
beforeAll(async () => {
  [builds, oldest] = await Promise.all([packed(), npmPackage("typescript", "5.4.5")]);
}, 120_000);
afterAll(() => builds?.remove());

/** What `@types/react` needs, for the page. */
const reactTypes = ["@types/react", "csstype"];

const modes = [
  { module: "esnext", moduleResolution: "bundler", exactOptionalPropertyTypes: true },
  { module: "nodenext", moduleResolution: "nodenext" },
];

describe.for(modes)("the types of @keepsake/client, resolved by $moduleResolution", (mode) => {
  test.for(["TypeScript 5.4", "the repository's TypeScript"])(
    "compile with %s, with no other types but React's and without skipLibCheck",
    { timeout: 60_000 },
    async (compiler) => {
      const client = builds.packages.find(({ name }) => name === "@keepsake/client")!;
      const project = await projectWith(client);
      const compilerOptions = {
        ...mode,
        ...{ strict: true, skipLibCheck: false, noEmit: true, target: "ES2022", types: [] },
        lib: ["ES2022", "DOM"],
        jsx: "react-jsx",
      };
      mkdirSync(join(project, "node_modules/@types"));
      for (const name of reactTypes)
        symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
      writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
      writeFileSync(join(project, "program.ts"), program);
      writeFileSync(join(project, "page.tsx"), page);
      const tsc =
        compiler === "TypeScript 5.4"
          ? join(oldest, "bin/tsc")
          : join(root, "node_modules/.bin/tsc");
      const compiled = run(process.execPath, [tsc, "-p", project]);
      expect(await compiled.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: "" });
    },
  );
});

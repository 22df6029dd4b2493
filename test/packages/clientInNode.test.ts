import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { gpsJpeg } from "../support/images.ts";
import { test } from "../support/stack.ts";
import { npmPackage } from "./support/installNpmPackage.ts";
import { packed, projectWith, run } from "./support/packForTests.ts";

const program = `
import { openAsBlob, readFileSync } from "node:fs";
import { createClient, KeepsakeError, srcSet } from "@keepsake/client";

const client = createClient(JSON.parse(process.env.CLIENT));
const photo = new File([readFileSync("photo.jpg")], "photo.jpg", { type: "image/jpeg" });
const image = await client.upload(photo);
const events = [];
for await (const { type } of client.streamCharacters({ theme: "norse", count: 1 })) events.push(type);
const error = await client.getImage({ image_id: "none" }).catch((error) => error);
console.log(JSON.stringify({
  image,
  srcSet: srcSet(image),
  events,
  error: { is: error instanceof KeepsakeError, ...error, message: error.message },
}));
`;

/** The oldest release that engines names: a binary from the npm registry, where there is one for this machine. */
const oldest = {
  name: "20.3.0",
  path: async () =>
    join(await npmPackage(`node-${process.platform}-${process.arch}`, "20.3.0"), "bin/node"),
};
const nodes = [{ name: process.version, path: async () => process.execPath }];
if (process.platform === "linux") nodes.push(oldest);

describe.for(nodes)("the tarball in Node $name", (node) => {
  test("is imported without anything else, uploads a photo without its location, and streams", {
    timeout: 120_000,
  }, async ({ stack, owner }) => {
    const { packages, remove } = await packed();
    const project = await projectWith(packages.find(({ name }) => name === "@keepsake/client")!);
    remove();
    writeFileSync(join(project, "photo.jpg"), await gpsJpeg(400, 300));
    writeFileSync(join(project, "program.mjs"), program);
    const client = {
      baseUrl: stack.api,
      streamUrl: stack.stream,
      token: await stack.issuer.sign(owner.sub),
    };
    const { stdout } = await run(await node.path(), ["program.mjs"], {
      cwd: project,
      env: { CLIENT: JSON.stringify(client) },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      image: { status: "published", filename: "photo.jpg", rewritten: false, width: 300 },
      srcSet: "",
      events: ["character", "portrait", "done"],
      error: { is: true, code: "input.invalid", status: 422, requestId: expect.any(String) },
    });
  });
});

/**
 * The least that a process of its own takes to decode a picture: Node starts, loads sharp, reads a PNG of so many
 * bytes, and writes its smaller copy. It then waits to be ended, so that its CPU time can be read.
 */
const { readSync, writeSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

// the one that is linked beside the contenders' bundles
const sharp = createRequire(join(process.cwd(), "bundle.cjs"))("sharp");
sharp.concurrency(1);
sharp.cache(false);
const [length = "0"] = process.argv.slice(2);
const bytes = Buffer.allocUnsafeSlow(Number(length));
for (let at = 0; at < bytes.length; ) at += readSync(0, bytes, at, bytes.length - at, null);
sharp(bytes, { failOn: "warning", sequentialRead: true })
  .autoOrient()
  .resize({ width: 320, kernel: "cubic" })
  .webp({ quality: 75, effort: 0 })
  .toBuffer()
  .then((copy) => {
    for (let at = 0; at < copy.length; ) at += writeSync(1, copy, at);
    setTimeout(() => {}, 60_000);
  });

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("decodeOnce.cjs", import.meta.url));

/** A function that only has another process make the smaller copy of a picture. Of interest is what that one takes. */
export async function handler({ base64 }) {
  const png = Buffer.from(base64, "base64");
  const child = spawn(process.execPath, [file, String(png.length)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill());
  child.stdin.write(png);
  await once(child.stdout, "data");
  return {};
}

import crypto from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { standIns } from "@keepsake/plan/plan";
import { planned } from "@keepsake/plan/queryPlan";
import * as esbuild from "esbuild";

/** A function that is ready to be loaded: its bundle, and what its process needs. */
export type Deployed = {
  file: string;
  bytes: number;
  cwd: string;
  env: Record<string, string>;
};

const root = path.resolve(import.meta.dirname, "../..");

/** AWS's own part of a Lambda's environment. */
const lambdaEnv = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "lambda",
  AWS_SECRET_ACCESS_KEY: "lambda",
  AWS_SESSION_TOKEN: "lambda",
};

/** The functions as SST deploys them, and the plain ones bundled as SST does when nothing is said. */
export async function artifacts(directory: string) {
  const out = path.join(directory, "artifacts");
  const { functions } = await planned(
    { stage: "production", artifacts: out },
    { ...standIns, AI_BASE_URL: "" },
  );
  let copies = 0;

  return {
    /** A deployed function with some of its links pointing elsewhere, encrypted as SST has them. */
    keepsake(name: string, links: Record<string, object>): Deployed {
      const { bundle, lambda } = functions[name]!;
      copies += 1;
      const cwd = path.join(directory, `${name}-${copies}`);
      fs.cpSync(path.dirname(bundle!.file), cwd, { recursive: true });
      const { variables } = lambda.environment;
      relink(path.join(cwd, "resource.enc"), variables.SST_KEY!, links);
      provideSharp(cwd);
      return {
        file: path.join(cwd, "bundle.cjs"),
        bytes: bundle!.bytes,
        cwd,
        env: { ...lambdaEnv, ...variables },
      };
    },

    /** A function of `plain/`, with its settings in the environment. */
    async plain(name: string, env: Record<string, string>): Promise<Deployed> {
      copies += 1;
      const cwd = path.join(directory, `plain-${name}-${copies}`);
      const file = path.join(cwd, "bundle.mjs");
      await esbuild.build({
        entryPoints: [path.join(root, `bench/plain/${name}.ts`)],
        outfile: file,
        format: "esm",
        bundle: true,
        minify: true,
        keepNames: true,
        platform: "node",
        target: "es2024",
        mainFields: ["module", "main"],
        external: ["sharp"],
        logLevel: "error",
        banner: {
          js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        },
      });
      provideSharp(cwd);
      return { file, bytes: fs.statSync(file).size, cwd, env: { ...lambdaEnv, ...env } };
    },
  };
}

function relink(file: string, sstKey: string, links: Record<string, object>) {
  const key = Buffer.from(sstKey, "base64");
  const nonce = Buffer.alloc(12); // SST's
  const encrypted = fs.readFileSync(file);
  const decipher = crypto.createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAuthTag(encrypted.subarray(-16));
  const json = Buffer.concat([decipher.update(encrypted.subarray(0, -16)), decipher.final()]);
  const before: Record<string, object> = JSON.parse(json.toString());
  const after = Object.fromEntries(
    Object.entries(before).map(([name, link]) => [name, { ...link, ...links[name] }]),
  );
  const cipher = crypto.createCipheriv("aes-256-gcm", key, nonce);
  fs.writeFileSync(
    file,
    Buffer.concat([cipher.update(JSON.stringify(after)), cipher.final(), cipher.getAuthTag()]),
  );
}

/** Puts sharp beside a bundle, where SST would install it; the very same for all contenders. */
function provideSharp(directory: string) {
  const { resolve } = createRequire(path.join(root, "functions/package.json"));
  const home = resolve("sharp").replace(/(node_modules\/sharp)\/.*/, "$1");
  fs.mkdirSync(path.join(directory, "node_modules"), { recursive: true });
  fs.symlinkSync(home, path.join(directory, "node_modules/sharp"));
}

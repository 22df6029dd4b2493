import crypto from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { queryPlan } from "@keepsake/plan/planLookups";
import * as esbuild from "esbuild";

/** A function that is ready to be loaded: its bundle, and the directory and environment it needs. */
export type DeployedFunction = {
  file: string;
  bytes: number;
  cwd: string;
  env: Record<string, string>;
};

const root = path.resolve(import.meta.dirname, "../..");

/** The variables that AWS sets for each Lambda. */
const lambdaEnv = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_SESSION_TOKEN: "lambda",
};

/** The functions as SST deploys them, and the plain ones bundled with SST's defaults. */
export async function artifacts(directory: string) {
  const out = path.join(directory, "artifacts");
  const { functions } = await queryPlan(
    { stage: "production", artifacts: out },
    { ...exampleSettings, AI_BASE_URL: "", AI_PORTRAIT_PROVIDER: "" },
  );
  let copies = 0;

  return {
    /** A deployed function with some of its links replaced, encrypted as SST does it. */
    keepsakeFunction(name: string, links: Record<string, object>): DeployedFunction {
      const { bundle, lambda, copies: files } = functions[name]!;
      copies += 1;
      const cwd = path.join(directory, `${name}-${copies}`);
      fs.cpSync(path.dirname(bundle!.file), cwd, { recursive: true });
      const { variables } = lambda.environment;
      replaceLinks(path.join(cwd, "resource.enc"), variables.SST_KEY!, links);
      linkSharp(cwd);
      for (const { from, to } of files) fs.cpSync(from, path.join(cwd, to), { recursive: true });
      return {
        file: path.join(cwd, "bundle.cjs"),
        bytes: bundle!.bytes,
        cwd,
        env: {
          ...lambdaEnv,
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memorySize),
          ...variables,
        },
      };
    },

    /**
     * A function of `plain/`, `peers/` or `floor/`, with its settings in the environment. A floor is CommonJS, which
     * starts sooner than SST's default.
     */
    async plainFunction(
      name: string,
      env: Record<string, string>,
      folder: "plain" | "peers" | "floor" = "plain",
    ): Promise<DeployedFunction> {
      copies += 1;
      const isFloor = folder === "floor";
      const cwd = path.join(directory, `plain-${name}-${copies}`);
      const file = path.join(cwd, isFloor ? "bundle.cjs" : "bundle.mjs");
      await esbuild.build({
        entryPoints: [path.join(root, `bench/${folder}/${name}.ts`)],
        outfile: file,
        format: isFloor ? "cjs" : "esm",
        bundle: true,
        minify: true,
        keepNames: true,
        platform: "node",
        target: "es2024",
        mainFields: ["module", "main"],
        external: ["sharp"],
        logLevel: "error",
        banner: {
          js: isFloor
            ? ""
            : 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        },
      });
      linkSharp(cwd);
      return { file, bytes: fs.statSync(file).size, cwd, env: { ...lambdaEnv, ...env } };
    },
  };
}

function replaceLinks(file: string, sstKey: string, links: Record<string, object>) {
  const key = Buffer.from(sstKey, "base64");
  const nonce = Buffer.alloc(12); // as SST does
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

/** Links sharp next to a bundle, where SST would install it: the same one for all contenders. */
function linkSharp(directory: string) {
  const { resolve } = createRequire(path.join(root, "functions/package.json"));
  const home = resolve("sharp").replace(/(node_modules\/sharp)\/.*/, "$1");
  fs.mkdirSync(path.join(directory, "node_modules"), { recursive: true });
  fs.symlinkSync(home, path.join(directory, "node_modules/sharp"));
}

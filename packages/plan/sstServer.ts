import crypto from "node:crypto";
import * as fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import * as esbuild from "esbuild";
import type { Lambda, Plan } from "./plan.ts";

/** What SST's components ask the CLI for a function. */
type BuildInput = {
  functionID: string;
  handler: string;
  runtime: string;
  links: Record<string, unknown>;
  encryptionKey: string;
  properties: {
    format?: "cjs" | "esm";
    minify?: boolean;
    install?: Record<string, string>;
    esbuild?: { mainFields?: string[] };
  };
};

/**
 * The part of SST's CLI that its components call over HTTP while they run. Functions are noted in the
 * plan, and bundled when there is a directory for it, with the esbuild options that SST's CLI uses. It
 * does not do what the CLI does next: install packages for Lambda, zip, upload.
 */
export async function builder(plan: Plan, artifacts: string | undefined) {
  const methods: Record<string, (input: BuildInput) => Promise<unknown>> = {
    "Provider.Aws.Bootstrap": async () => ({ asset: "sst-asset", state: "sst-state" }),
    "Provider.Aws.Appsync": async () => ({ http: "appsync.example", realtime: "appsync.example" }),
    "Runtime.AddTarget": async (input) => {
      plan.functions.push(noted(input, true));
      const problem = missing(input);
      if (problem) throw new Error(problem);
    },
    "Runtime.Build": async (input) => {
      const lambda = noted(input, false);
      plan.functions.push(lambda);
      const problem = missing(input);
      if (problem) return { handler: "", out: "", sourcemaps: [], errors: [problem] };
      const out = path.join(artifacts ?? "nowhere", input.functionID);
      if (artifacts) lambda.bundle = await bundle(input, out);
      return { handler: `bundle${path.extname(input.handler)}`, out, sourcemaps: [], errors: [] };
    },
  };

  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, params } = JSON.parse(Buffer.concat(chunks).toString());
    const call = methods[method] ?? (() => Promise.reject(new Error(`rpc: can't find ${method}`)));
    const reply = await call(params[0]).then(
      (result) => ({ result }),
      (error: Error) => ({ error: error.message }),
    );
    response.end(JSON.stringify(reply));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function noted({ functionID, handler, links, properties }: BuildInput, live: boolean): Lambda {
  return {
    id: functionID,
    handler,
    live,
    links: Object.keys(links).sort(),
    install: Object.keys(properties.install ?? {}),
  };
}

/** The handler's source file. */
function source({ handler }: BuildInput) {
  return path.resolve(handler.replace(/\.\w+$/, ".ts"));
}

function missing(input: BuildInput) {
  return fs.existsSync(source(input)) ? undefined : `handler not found: ${input.handler}`;
}

async function bundle(input: BuildInput, out: string): Promise<NonNullable<Lambda["bundle"]>> {
  const { format = "esm", minify = false, install = {}, esbuild: own } = input.properties;
  const cjs = format === "cjs";
  const outfile = path.join(out, cjs ? "bundle.cjs" : "bundle.mjs");
  const apart = [...new Set(["sharp", "pg-native", ...Object.keys(install)])];
  const { metafile } = await esbuild.build({
    entryPoints: [source(input)],
    outfile,
    format,
    minify,
    bundle: true,
    platform: "node",
    target: "es2024",
    keepNames: true,
    mainFields: own?.mainFields ?? (cjs ? ["main"] : ["module", "main"]),
    external: apart,
    metafile: true,
    logLevel: "silent",
  });
  fs.writeFileSync(path.join(out, "resource.enc"), encrypt(input));
  const imports = Object.values(metafile.outputs).flatMap((file) => file.imports);
  return {
    file: outfile,
    bytes: fs.statSync(outfile).size,
    external: apart.filter((name) => imports.some((found) => found.path === name)),
  };
}

/** Links travel beside the bundle, encrypted under the key in SST_KEY, with a nonce of zeros. */
function encrypt({ links, encryptionKey }: BuildInput) {
  const key = Buffer.from(encryptionKey, "base64");
  const cipher = crypto.createCipheriv("aes-256-gcm", key, Buffer.alloc(12));
  return Buffer.concat([cipher.update(JSON.stringify(links)), cipher.final(), cipher.getAuthTag()]);
}

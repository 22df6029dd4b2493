import crypto from "node:crypto";
import * as fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import * as esbuild from "esbuild";
import type { Plan, PlannedFunction } from "./computePlan.ts";

/** What SST's components send to the CLI for each function. */
type BuildInput = {
  functionID: string;
  handler: string;
  runtime: string;
  links: Record<string, unknown>;
  encryptionKey: string;
  copyFiles?: { from: string; to: string }[];
  properties: {
    format?: "cjs" | "esm";
    minify?: boolean;
    install?: Record<string, string>;
    esbuild?: { mainFields?: string[] };
  };
};

/**
 * Starts the HTTP server of SST's CLI that its components call while they run, and returns its URL.
 * Functions are recorded in the plan. With a directory for artifacts they are also bundled, with the
 * esbuild options of SST's CLI; what happens next (install packages for Lambda, copy files, zip, upload) is
 * left out.
 */
export async function startSstServer(plan: Plan, artifacts: string | undefined) {
  const methods: Record<string, (input: BuildInput) => Promise<unknown>> = {
    "Provider.Aws.Bootstrap": async () => ({ asset: "sst-asset", state: "sst-state" }),
    "Provider.Aws.Appsync": async () => ({ http: "appsync.example", realtime: "appsync.example" }),
    "Runtime.AddTarget": async (input) => {
      plan.functions.push(plannedFunction(input, true));
      const error = handlerError(input);
      if (error) throw new Error(error);
    },
    "Runtime.Build": async (input) => {
      const fn = plannedFunction(input, false);
      plan.functions.push(fn);
      const error = handlerError(input);
      if (error) return { handler: "", out: "", sourcemaps: [], errors: [error] };
      const out = path.join(artifacts ?? "nowhere", input.functionID);
      if (artifacts) fn.bundle = await bundle(input, out);
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
  server.keepAliveTimeout = 0; // the default is 5 s, and bundling can block for longer
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function plannedFunction(
  { functionID, handler, links, properties, copyFiles = [] }: BuildInput,
  runsLocally: boolean,
): PlannedFunction {
  return {
    id: functionID,
    handler,
    runsLocally,
    links: Object.keys(links).sort(),
    install: Object.keys(properties.install ?? {}),
    copies: copyFiles.map(({ from, to }) => ({ from, to })),
  };
}

/** The handler's source file. */
function sourceFile({ handler }: BuildInput) {
  return path.resolve(handler.replace(/\.\w+$/, ".ts"));
}

function handlerError(input: BuildInput) {
  return fs.existsSync(sourceFile(input)) ? undefined : `handler not found: ${input.handler}`;
}

async function bundle(
  input: BuildInput,
  out: string,
): Promise<NonNullable<PlannedFunction["bundle"]>> {
  const { format = "esm", minify = false, install = {}, esbuild: options } = input.properties;
  const cjs = format === "cjs";
  const outfile = path.join(out, cjs ? "bundle.cjs" : "bundle.mjs");
  const external = [...new Set(["sharp", "pg-native", ...Object.keys(install)])];
  const { metafile } = await esbuild.build({
    entryPoints: [sourceFile(input)],
    outfile,
    format,
    minify,
    bundle: true,
    platform: "node",
    target: "es2024",
    keepNames: true,
    mainFields: options?.mainFields ?? (cjs ? ["main"] : ["module", "main"]),
    external,
    metafile: true,
    logLevel: "silent",
  });
  fs.writeFileSync(path.join(out, "resource.enc"), encryptLinks(input));
  const imports = Object.values(metafile.outputs).flatMap((file) => file.imports);
  return {
    file: outfile,
    bytes: fs.statSync(outfile).size,
    external: external.filter((name) => imports.some((imported) => imported.path === name)),
  };
}

/** The links lie beside the bundle, encrypted with the key in SST_KEY and a nonce of zeros. */
function encryptLinks({ links, encryptionKey }: BuildInput) {
  const key = Buffer.from(encryptionKey, "base64");
  const cipher = crypto.createCipheriv("aes-256-gcm", key, Buffer.alloc(12));
  return Buffer.concat([cipher.update(JSON.stringify(links)), cipher.final(), cipher.getAuthTag()]);
}

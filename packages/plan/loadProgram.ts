import * as fs from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import type { Plan } from "./computePlan.ts";
import { platform, requireFromPlatform, root } from "./sstPlatform.ts";

/** `sst.config.ts`, and SST's runner for it. */
export type Program = {
  config: { app(input: { stage: string }): Promise<Plan["app"]>; run(): Promise<object> };
  run(program: () => Promise<object>): Promise<Plan["outputs"]>;
};

/** Bundles the program beside SST's packages, as SST's CLI does, and loads the bundle. */
export async function loadProgram(): Promise<Program> {
  const imports = globalImports();
  const bundle = path.join(platform, "plan.cjs");
  const outfile = `${bundle}.${process.pid}`;
  await esbuild.build({
    outfile,
    absWorkingDir: root,
    stdin: {
      contents: `export { run } from "./.sst/platform/src/auto/run.ts"; export { default as config } from "./sst.config.ts";`,
      resolveDir: root,
    },
    inject: [path.join(platform, "src/shim/run.js")],
    bundle: true,
    platform: "node",
    format: "cjs", // an ES module would load AWS services that are never used
    logLevel: "error",
    mainFields: ["module", "main"],
    nodePaths: [path.join(platform, "node_modules")],
    external: ["@pulumi/*", "@aws-sdk/*", "undici", "esbuild", "archiver", "glob", "vite"],
    plugins: [
      {
        name: "global-imports",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path: file }) =>
            file.startsWith(platform)
              ? undefined
              : { contents: `${imports}\n${fs.readFileSync(file, "utf8")}`, loader: "ts" },
          );
        },
      },
    ],
  });
  fs.renameSync(outfile, bundle); // plans may run at the same time
  return requireFromPlatform(bundle);
}

/** Imports of the names that SST makes global in our files: `sst` and the providers. */
function globalImports(): string {
  const providers: { alias: string; package: string }[] = JSON.parse(
    fs.readFileSync(path.join(root, ".sst/provider-lock.json"), "utf8"),
  );
  const imports = providers.map(
    ({ alias, package: name }) => `import * as ${alias} from "${name}";`,
  );
  return `import * as sst from "${path.join(platform, "src/components")}"; ${imports.join(" ")}`;
}

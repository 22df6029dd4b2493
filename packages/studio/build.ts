import { build } from "vite";

/** Builds the page into a folder. The same build serves any stage: see `settings.ts`. */
export async function buildStudio(outDir: string) {
  await build({
    configFile: `${import.meta.dirname}/vite.config.ts`,
    logLevel: "error",
    build: { outDir },
  });
}

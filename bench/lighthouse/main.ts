import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createClient } from "@keepsake/client";
import lighthouse from "lighthouse";
import { openSignedInBrowser } from "./openSignedInBrowser.ts";
import { type Measured, type PageScores, scoresTable } from "./scoresTable.ts";
import { seedPages } from "./seedPages.ts";
import { withLighthouseSection } from "./withLighthouseSection.ts";

/**
 * `npm run lighthouse`: Lighthouse's scores for a phone of each page of Studio, with 60 photos of 12 megapixels, on a
 * system of its own. Writes its section of docs/performance.md. With addresses such as `/images` it measures only those
 * pages, and with `--runs 1` each once, and writes nothing.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "3" } },
});
const document = new URL("../../docs/performance.md", import.meta.url);
const name = "Mira";

const home = await mkdtemp(join(tmpdir(), "keepsake-lighthouse-"));
Object.assign(process.env, { KEEPSAKE_HOME: home, PORT: "0", LOG_LEVEL: "SILENT" });
const { startSystem } = await import("@keepsake/local/startSystem");
const { local, stop } = await startSystem({ fresh: true });
try {
  const client = createClient({ baseUrl: local.api, serviceKey: local.service_key, owner: name });
  const pages = await seedPages(client);
  const selected = pages.filter(
    ({ path }) => positionals.length === 0 || positionals.includes(path),
  );
  const browser = await openSignedInBrowser(join(home, "browser"), local.studio, name);
  const measured: Measured[] = [];
  try {
    for (const page of selected) {
      process.stderr.write(`${page.title} … `);
      const runs: PageScores[] = [];
      for (let run = 0; run < Number(values.runs); run += 1)
        runs.push(await scoresOf(new URL(page.path, local.studio).href, browser.port));
      measured.push({ ...page, runs });
      process.stderr.write(`${runs.map(({ performance }) => performance).join(", ")}\n`);
    }
  } finally {
    await browser.close();
  }
  const table = scoresTable(measured);
  console.log(`\n${table}`);
  if (positionals.length === 0 && values.runs === "3")
    await writeFile(document, withLighthouseSection(await readFile(document, "utf8"), table));
} finally {
  await stop();
  await rm(home, { recursive: true, force: true });
}

/** Of one first visit, as a phone with a slow connection makes it. The browser's cache is emptied; it stays signed in. */
async function scoresOf(url: string, port: number): Promise<PageScores> {
  const onlyCategories = ["performance", "accessibility", "best-practices"];
  const flags = { port, onlyCategories, logLevel: "error" } as const;
  const result = await lighthouse(url, flags);
  if (!result) throw new Error(`Lighthouse gave no result for ${url}`);
  const { categories, audits } = result.lhr;
  const percent = (category: string) => Math.round((categories[category]?.score ?? 0) * 100);
  const value = (audit: string) => audits[audit]?.numericValue ?? Number.NaN;
  return {
    performance: percent("performance"),
    accessibility: percent("accessibility"),
    bestPractices: percent("best-practices"),
    largestContentMs: value("largest-contentful-paint"),
    blockingMs: value("total-blocking-time"),
    layoutShift: value("cumulative-layout-shift"),
    bytes: value("total-byte-weight"),
    failed: Object.values(categories).flatMap(({ auditRefs }) =>
      auditRefs
        .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
        .map(({ id }) => id),
    ),
  };
}

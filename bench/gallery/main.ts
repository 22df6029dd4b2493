import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildStudio } from "@keepsake/studio/build";
import { forkProcess } from "../support/forkProcess.ts";
import { nameOf } from "./galleryImages.ts";
import { takeLayoutShifts, watchLayoutShifts } from "./layoutShifts.ts";
import { traceTasks } from "./mainThreadTasks.ts";
import { openPage, type Page } from "./openPage.ts";
import { memoryOf, rendererOf, watchMemory } from "./rendererProcess.ts";
import {
  jumpAround,
  scrollBackSlowly,
  scrollByWheel,
  type Wait,
  waitForPictures,
} from "./scrollThrough.ts";
import { type Scrolled, scrollSection, withScrollSection } from "./withScrollSection.ts";

/**
 * `npm run scroll`: scrolls through a gallery of 10,000 images to the last one and slowly back, jumps about in it, and writes its section
 * of docs/performance.md. With `--count 1000` it has fewer images, and with `--software` a browser without a GPU; neither writes anything.
 * Linux only.
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    software: { type: "boolean", default: false },
  },
});
const count = Number(values.count);
const jumps = 40;
const document = new URL("../../docs/performance.md", import.meta.url);

const home = await mkdtemp(join(tmpdir(), "keepsake-scroll-"));
const server = await forkProcess("processes/galleryServer.ts");
try {
  const directory = join(home, "studio");
  await buildStudio(directory);
  const studio = await server.call<string>("start", { directory, count });
  const page = await openPage(join(home, "browser"), {
    ...{ width: 1_280, height: 800, isSoftware: values.software },
  });
  try {
    await openGallery(page, studio);
    await watchLayoutShifts(page);
    const renderer = await rendererOf(page);
    const phases = [
      await measure(page, renderer, "wheel", () => scrollByWheel(page, nameOf(count - 1))),
      await measure(page, renderer, "slowly back", () => scrollBackSlowly(page)),
      await measure(page, renderer, "jumps", () => jumpAround(page, jumps)),
    ];
    const end = await memoryAtEnd(page, renderer);
    console.log(`\n${scrollSection(phases, end)}`);
    if (count === 10_000 && !values.software)
      await writeFile(document, withScrollSection(await readFile(document, "utf8"), phases, end));
  } finally {
    await page.close();
  }
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}

/** Signs in by name, as the page remembers it, and opens the gallery. */
async function openGallery(page: Page, studio: string) {
  await page.navigate(studio);
  await page.evaluate(() => localStorage.setItem("keepsake.name", "Mira"));
  await page.navigate(`${studio}/images`);
  await waitForPictures(page);
}

async function measure(
  page: Page,
  renderer: number,
  title: string,
  work: () => Promise<Wait[]>,
): Promise<Scrolled> {
  process.stderr.write(`${title} … `);
  await takeLayoutShifts(page);
  const memory = watchMemory(renderer);
  const tracing = await traceTasks(page, renderer);
  const started = performance.now();
  const waits = await work();
  const seconds = (performance.now() - started) / 1_000;
  const most = memory.stop();
  const [load = 0] = loadavg();
  const tasks = await tracing.stop();
  const shifts = await takeLayoutShifts(page);
  const longest = waits.toSorted((a, b) => b.ms - a.ms)[0];
  process.stderr.write(`${Math.round(seconds)} s\n`);
  if (longest) process.stderr.write(`longest wait: ${longest.ms} ms at ${longest.at}\n`);
  for (const { value, moved } of shifts) process.stderr.write(`moved ${value}: ${moved[0]}\n`);
  return {
    ...{ title, seconds, tasks, most, load },
    longestWaitMs: longest?.ms ?? 0,
    layoutShift: shifts.reduce((sum, { value }) => sum + value, 0),
  };
}

async function memoryAtEnd(page: Page, renderer: number) {
  const scrolled = memoryOf(renderer);
  await page.send("HeapProfiler.collectGarbage");
  await sleep(1_000);
  const collected = memoryOf(renderer);
  await page.send("Memory.simulatePressureNotification", { level: "critical" });
  await sleep(3_000);
  return { scrolled, collected, pressed: memoryOf(renderer) };
}

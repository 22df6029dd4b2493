import { withSection } from "../support/documentSection.ts";
import type { Task } from "./mainThreadTasks.ts";
import type { Memory } from "./rendererProcess.ts";

export const scrollHeading = "## Scrolling 10,000 images";

/** What happened while the gallery was scrolled in one way. */
export type Scrolled = {
  title: string;
  seconds: number;
  /** From the end of what was loaded, or from a jump, until there was more or the pictures were shown. */
  longestWaitMs: number;
  tasks: Task[];
  layoutShift: number;
  most: Memory;
  load: number;
};

/** The renderer at the end: as it was, after its garbage was collected, and after the system asked for memory. */
export type AtEnd = { scrolled: Memory; collected: Memory; pressed: Memory };

const goal = { taskMs: 100, megabytes: 300 };

/** The text of docs/performance.md with these measurements in its section. */
export const withScrollSection = (document: string, phases: Scrolled[], end: AtEnd): string =>
  withSection(document, scrollHeading, scrollSection(phases, end));

export function scrollSection(phases: Scrolled[], end: AtEnd): string {
  const longest = Math.max(...phases.map(({ tasks }) => most(tasks, "cpuMs")));
  const largest = Math.max(...phases.map(({ most }) => most.total));
  return [
    "A window of 1,280 × 800 px, by the wheel (360 px a turn) from the newest to the oldest image as fast as the page follows, where pictures that only pass are not loaded, back at 2 px a millisecond, where all are, and then 40 jumps by End, Home and the scroll bar until each picture in the window is shown. Studio, the API and the CDN are another process; each image has an address of its own. CPU time is the main thread's; in the wall time of a task is also what other processes took of the machine. Memory is the renderer's proportional set size. The browser draws in its GPU process, for which SwiftShader stands in. `npm run scroll` measures it again and writes this section.",
    table([
      ["", ...phases.map(({ title }) => title)],
      ["time", ...phases.map(({ seconds }) => `${Math.round(seconds)} s`)],
      ["longest task, CPU", ...phases.map(({ tasks }) => `${most(tasks, "cpuMs")} ms`)],
      ["longest task, wall", ...phases.map(({ tasks }) => `${most(tasks, "wallMs")} ms`)],
      [`tasks over ${goal.taskMs} ms, CPU`, ...phases.map(({ tasks }) => `${longTasks(tasks)}`)],
      ["longest wait for images", ...phases.map(({ longestWaitMs }) => `${longestWaitMs} ms`)],
      ["layout shift", ...phases.map(({ layoutShift }) => layoutShift.toFixed(3))],
      ["renderer at most", ...phases.map(({ most }) => `${most.total} MB`)],
      ["of that its own memory", ...phases.map(({ most }) => `${most.anonymous} MB`)],
      ["of that shared with other processes", ...phases.map(({ most }) => `${most.shared} MB`)],
      ["load of the machine", ...phases.map(({ load }) => load.toFixed(1))],
    ]),
    `${verdict("a task", longest, goal.taskMs, "ms of CPU")} ${verdict("the renderer", largest, goal.megabytes, "MB")}`,
    `At the end the renderer has ${end.scrolled.total} MB, after its garbage was collected ${end.collected.total} MB, and after the system asked for memory ${end.pressed.total} MB, of which the browser's program is ${end.pressed.total - end.pressed.anonymous - end.pressed.shared} MB. A browser without a GPU (\`npm run scroll -- --software\`) draws in the renderer, which then also keeps some 200 MB of pictures that it decoded until memory is scarce; a page cannot change that.`,
  ].join("\n\n");
}

const most = (tasks: Task[], key: keyof Task) =>
  Math.round(tasks.reduce((longest, task) => Math.max(longest, task[key]), 0));

const longTasks = (tasks: Task[]) => tasks.filter(({ cpuMs }) => cpuMs > goal.taskMs).length;

const verdict = (what: string, actual: number, limit: number, unit: string) =>
  actual <= limit
    ? `**Met:** ${what} takes at most ${actual} ${unit}, the goal ≤ ${limit}.`
    : `**Missed by ${Math.round((actual / limit - 1) * 100)} %:** ${what} takes up to ${actual} ${unit}, the goal ≤ ${limit}.`;

const table = ([head = [], ...rows]: string[][]) =>
  [head, ["---", ...head.slice(1).map(() => "---:")], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

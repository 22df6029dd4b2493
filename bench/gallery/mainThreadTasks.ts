import type { Page } from "./openPage.ts";

export type Task = { wallMs: number; cpuMs: number };

type TraceEvent = {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
};

/**
 * Traces the tasks of the renderer's main thread. `stop` resolves to all of them, with their CPU time: what other
 * processes took of the machine meanwhile is only in their wall time.
 */
export async function traceTasks(page: Page, renderer: number) {
  await page.sendToBrowser("Tracing.start", {
    transferMode: "ReturnAsStream",
    traceConfig: {
      recordMode: "recordUntilFull",
      traceBufferSizeInKb: 1_000_000,
      includedCategories: ["toplevel", "__metadata"],
    },
  });
  return {
    async stop(): Promise<Task[]> {
      const completed = page.event("Tracing.tracingComplete");
      await page.sendToBrowser("Tracing.end");
      const { stream, dataLossOccurred } = await completed;
      if (dataLossOccurred || !stream) throw new Error("The trace is not complete");
      let mainThread: number | undefined;
      const tasks: (Task & { tid: number })[] = [];
      for await (const line of linesOf(page, stream)) {
        const event = eventOf(line);
        if (event?.pid !== renderer) continue;
        if (event.name === "thread_name" && event.args.name === "CrRendererMain")
          mainThread = event.tid;
        if (event.name.endsWith("RunTask") && event.dur !== undefined)
          tasks.push({ wallMs: event.dur / 1e3, cpuMs: (event.tdur ?? 0) / 1e3, tid: event.tid });
      }
      return tasks.filter(({ tid }) => tid === mainThread);
    },
  };
}

async function* linesOf(page: Page, handle: string) {
  let rest = "";
  for (let eof = false; !eof; ) {
    const part = await page.sendToBrowser("IO.read", { handle, size: 4_000_000 });
    eof = part.eof;
    rest += part.base64Encoded ? Buffer.from(part.data, "base64").toString() : part.data;
    const lines = rest.split(/,?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
  await page.sendToBrowser("IO.close", { handle });
}

/** Chrome writes each event as a line. */
function eventOf(line: string): TraceEvent | undefined {
  if (!line.includes("RunTask") && !line.includes('"thread_name"')) return undefined;
  const start = line.startsWith('{"traceEvents":[') ? '{"traceEvents":['.length : 0;
  const end = line.lastIndexOf("}") + 1;
  try {
    return JSON.parse(line.slice(start, end));
  } catch {
    return undefined;
  }
}

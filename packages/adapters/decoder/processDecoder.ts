import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import path from "node:path";
import { AppError } from "@keepsake/contract/errors";
import type {
  DecoderJob,
  DecoderReply,
  DecoderResult,
  DecoderSteps,
} from "@keepsake/core/decoderJob";
import { tooComplex } from "@keepsake/core/imaging/validateComplexity";
import { megapixels } from "@keepsake/core/imaging/validateHeader";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { Decoder } from "@keepsake/core/ports";

/** What the child sends when it has started, and then for each job. */
export type Message = "ready" | Reply;

/**
 * A job as the child gets it. Its bytes follow in a pipe of their own: as a part of the message they would
 * be copied five times more, which takes a tenth of the CPU time of a photo of 8 MB.
 */
export type SentJob = Omit<DecoderJob, "bytes"> & { length: number };

/**
 * `piped` is the length of the encoded picture where it is large: its bytes follow in the same pipe, in the other
 * direction, for the same reason.
 */
type Reply = DecoderUsage &
  (
    | { exceeded: "CPU time" | "memory" }
    | { error: string; memoryBytes: number }
    | { result: DecoderReply; memoryBytes: number; piped?: number | undefined }
  );

/** What a process has used since it started: CPU time, and the most memory at once. */
export type DecoderUsage = { cpuMs: number; peakBytes: number };

type Options = {
  /** At most this many processes, each with one job at a time. */
  processes: number;
  /** The environment of the processes, beside a setting of the allocator. */
  env?: Record<string, string>;
};

/**
 * Decodes images in child processes, which are kept between jobs. A job that takes too long or too much
 * memory is ended by ending its process. Neither idle processes nor `start` keep this process alive; when
 * it ends, however it ends, they end.
 */
export function processDecoder({ processes, env = {} }: Options) {
  const idle: Child[] = [];
  const waiting: (() => void)[] = [];
  const used = new Map<Child, DecoderUsage>();
  let cpuMsOfEnded = 0;
  let peakBytes = 0;
  let busy = 0;

  /** Starts a process ahead of the first job. */
  function start() {
    if (busy === 0 && idle.length === 0) idle.push(startChild(env));
  }

  async function run<Steps extends DecoderSteps>(
    job: DecoderJob<Steps>,
  ): Promise<DecoderResult<Steps>> {
    if (busy < processes) busy += 1;
    else await new Promise<void>((free) => waiting.push(free));
    try {
      return (await runOn(takeChild(), job)) as DecoderResult<Steps>;
    } catch (error) {
      if (!(error instanceof ChildEnded)) throw error;
      // its process ended by itself: once more, in a new one
      return (await runOn(startChild(env), job)) as DecoderResult<Steps>;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  }

  function takeChild(): Child {
    for (let child = idle.pop(); child; child = idle.pop()) if (child.isAlive()) return child;
    return startChild(env);
  }

  async function runOn(child: Child, job: DecoderJob): Promise<DecoderReply> {
    const reply = await child.run(job);
    noteUsage(child, reply);
    // memory that stays in use after a large image would count against the next one
    if ("exceeded" in reply || reply.memoryBytes > keptMemoryBytes) child.end();
    else idle.push(child);
    return resultOf(reply, job);
  }

  function noteUsage(child: Child, { cpuMs, peakBytes: bytes }: DecoderUsage) {
    for (const [other, usage] of used) {
      if (other.isAlive()) continue;
      used.delete(other);
      cpuMsOfEnded += usage.cpuMs;
    }
    used.set(child, { cpuMs, peakBytes: bytes });
    peakBytes = Math.max(peakBytes, sum(used, "peakBytes"));
  }

  /**
   * The CPU time of all processes until their last replies, and the most memory that they may have had at
   * once. A job that ended its process is not in it.
   */
  const usage = (): DecoderUsage => ({ cpuMs: cpuMsOfEnded + sum(used, "cpuMs"), peakBytes });

  return { run, start, usage } satisfies Decoder & Record<"start" | "usage", unknown>;
}

const sum = (used: Map<Child, DecoderUsage>, what: keyof DecoderUsage) =>
  [...used.values()].reduce((total, usage) => total + usage[what], 0);

/** The file descriptor of that pipe in the child. */
const imagesPipe = 4;

const keptMemoryBytes = 256_000_000;

type Child = ReturnType<typeof startChild>;

function startChild(env: Record<string, string>) {
  const child = fork(childFile, {
    env: { ...allocator, ...env },
    execArgv: youngObjects,
    serialization: "advanced", // bytes as bytes
    detached: true, // Ctrl+C is for the parent only, which may still need it
    stdio: ["ignore", "ignore", "inherit", "ipc", "pipe"],
  });
  child.unref();
  child.channel?.unref();
  const images = child.stdio?.[imagesPipe] as Socket | undefined; // none of a process that did not start
  images?.unref();
  images?.on("error", () => {}); // the process has ended
  child.on("error", () => {}); // each job has a listener of its own
  const ready = nextMessage(child);
  ready.catch(() => {}); // reported to the first job

  return {
    isAlive: () => child.exitCode === null && child.signalCode === null && child.connected,
    end: () => void child.kill("SIGKILL"),

    /** Throws `ChildEnded` when the process ended by itself, and another `RetryableError` when it was late. */
    async run(job: DecoderJob): Promise<Reply> {
      const { wallMs } = job.bounds;
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, wallMs);
      try {
        await ready;
        const replied = nextMessage(child);
        const { bytes, ...rest } = job;
        const sent: SentJob = { ...rest, length: bytes.length };
        child.send(sent, () => {}); // when it fails, the process has ended
        images?.write(bytes);
        const reply = (await replied) as Reply;
        if ("piped" in reply && reply.piped !== undefined)
          reply.result.encode!.bytes = await readPipe(images!, reply.piped);
        return reply;
      } catch (error) {
        if (!isLate) throw error;
        throw new RetryableError(`The image was not decoded within ${wallMs / 1_000} s`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * glibc returns every block of 4 MB or more to the system at once: without this a process keeps 490 MB after
 * a photo of 12 megapixels, with it 150 MB, for 3 % more CPU time. Threads share what is smaller.
 */
const allocator = { MALLOC_MMAP_THRESHOLD_: "4194304", MALLOC_ARENA_MAX: "1" };

/**
 * V8 collects small garbage after each MB, to which sharp's own memory is attached: by default a process has
 * 80 MB more after 1,000 portraits than after the first. Both settings together save a tenth of the CPU time.
 */
const youngObjects = ["--max-semi-space-size=1"];

/** In a bundle `import.meta` is empty: there SST copies the folder below the working directory. */
const childFile = import.meta.dirname
  ? path.join(import.meta.dirname, "child/decode.cjs")
  : path.resolve("decoder/decode.cjs");

/** The next bytes of a pipe, which has no more. Throws `ChildEnded` when it ends before. */
function readPipe(pipe: Socket, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      bytes.set(chunk, filled);
      filled += chunk.length;
      if (filled === length) settle(() => resolve(bytes));
    };
    const onClose = () =>
      settle(() => reject(new ChildEnded("The decoder's process ended while it sent a picture")));
    const settle = (report: () => void) => {
      pipe.off("data", onData).off("close", onClose).pause();
      report();
    };
    pipe.on("data", onData).on("close", onClose).resume();
    if (pipe.destroyed) onClose();
  });
}

/** The process ended by itself: a decoder crashed, or the system ended it. */
class ChildEnded extends RetryableError {}

function nextMessage(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => settle(() => resolve(message as Message));
    const onEnd = (code: number | null, signal: string | null) =>
      settle(() => reject(new ChildEnded(`The decoder's process ended (${signal ?? code})`)));
    const onError = (cause: Error) =>
      settle(() => reject(new ChildEnded("The decoder's process did not start", { cause })));
    const settle = (report: () => void) => {
      child.off("message", onMessage).off("exit", onEnd).off("error", onError);
      report();
    };
    child.on("message", onMessage).on("exit", onEnd).on("error", onError);
    if (child.exitCode !== null || child.signalCode !== null)
      onEnd(child.exitCode, child.signalCode);
  });
}

/** Throws `image.too_complex`, `image.bad_dimensions` or `image.damaged`. */
function resultOf(reply: Reply, { accepts }: DecoderJob): DecoderReply {
  if ("result" in reply) return reply.result;
  if ("exceeded" in reply)
    throw tooComplex(new Error(`Decoding exceeded its limit of ${reply.exceeded}`));
  const cause = new Error(reply.error);
  if (/pixel limit/i.test(reply.error))
    throw new AppError(
      "image.bad_dimensions",
      `This picture has more megapixels than its format may have: at most ${megapixels(accepts.pixels)} are accepted`,
      { cause, details: { max_pixels: accepts.pixels } },
    );
  throw new AppError("image.damaged", "The image is damaged or cut off and cannot be decoded", {
    cause,
  });
}

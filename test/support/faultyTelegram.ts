import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { File, Message } from "@grammyjs/types";
import { BotApiError, type BotApiFailure } from "@keepsake/local/embedded/telegram/botApiError";
import {
  type Call,
  embeddedTelegram,
  type TelegramOptions,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import type { StoredFile } from "@keepsake/local/embedded/telegram/fileStore";
import type { Phone, PhoneUser } from "@keepsake/local/embedded/telegram/phones";

/** How a file fails, in `getFile` or in its download. */
export type FileFault = {
  getFile?: BotApiFailure;
  /** The path that `getFile` returns. */
  file_path?: string;
  download?: BotApiFailure | keyof typeof downloadFaults;
  /** How often it fails before it works again; always when not given. */
  times?: number;
};

export type FaultyTelegram = Awaited<ReturnType<typeof faultyTelegram>>;

type WithFault<Options> = Options & { fault?: FileFault | undefined };

/** The embedded Telegram, with files and calls that fail on request. */
export async function faultyTelegram(options: Omit<TelegramOptions, "intercept">) {
  const fileFaults = new Map<string, FileFault>();
  const plannedFailures: { method: string; failure: BotApiFailure }[] = [];
  const intercept = { call: interceptCall, download: interceptDownload };
  const telegram = await embeddedTelegram({ ...options, intercept });

  return {
    ...telegram,
    /** Lets the next call of a method fail. */
    refuseNext: (method: string, failure: BotApiFailure) =>
      void plannedFailures.push({ method, failure }),
    /** Adds a file that no message contains. */
    addFile(bytes: Buffer, fault?: FileFault) {
      const file = telegram.addFile(bytes);
      setFault(file, fault);
      return file;
    },
    phone(user: PhoneUser) {
      const phone = telegram.phone(user);
      return {
        ...phone,
        sendPhoto(bytes: Buffer, { fault, ...caption }: PhotoOptions = {}) {
          return addFault(phone.sendPhoto(bytes, caption), fault);
        },
        sendDocument(bytes: Buffer, { fault, ...document }: DocumentOptions) {
          return addFault(phone.sendDocument(bytes, document), fault);
        },
      };
    },
  };

  /** Runs in the turn of the event loop that sent the message, so before any request for its files. */
  function addFault(message: Message, fault: FileFault | undefined): Message {
    for (const file of [...(message.photo ?? []), ...(message.document ? [message.document] : [])])
      setFault(file, fault);
    return message;
  }

  function setFault({ file_id }: { file_id: string }, fault: FileFault | undefined) {
    if (fault) fileFaults.set(file_id, { ...fault });
  }

  async function interceptCall({ method, parameters }: Call, next: () => Promise<unknown>) {
    const planned = plannedFailures.findIndex((failure) => failure.method === method);
    if (planned >= 0) throw new BotApiError(plannedFailures.splice(planned, 1)[0]!.failure);
    if (method !== "getFile") return next();

    const fault = fileFaults.get(String(parameters.file_id));
    const failure = takeFault(fault, "getFile");
    if (failure?.error_code === 400) throw new BotApiError({ description: goneFile, ...failure });
    if (failure) throw new BotApiError(failure);
    const file = (await next()) as File;
    const file_path = takeFault(fault, "file_path");
    return { ...file, ...(file_path !== undefined && { file_path }) };
  }

  async function interceptDownload(
    { file, bytes }: StoredFile,
    response: ServerResponse,
    next: () => void,
  ) {
    const failure = takeFault(fileFaults.get(file.file_id), "download");
    if (typeof failure === "object") throw new BotApiError(failure);
    if (failure) await downloadFaults[failure](response, bytes);
    else next();
  }
}

type PhotoOptions = WithFault<NonNullable<Parameters<Phone["sendPhoto"]>[1]>>;
type DocumentOptions = WithFault<Parameters<Phone["sendDocument"]>[1]>;

const goneFile = "Bad Request: wrong file_id or the file is temporarily unavailable";

/** The fault of this kind, counted down; undefined when there is none or none is left. */
function takeFault<Kind extends keyof FileFault>(fault: FileFault | undefined, kind: Kind) {
  if (fault?.[kind] === undefined || fault.times === 0) return undefined;
  if (fault.times !== undefined) fault.times -= 1;
  return fault[kind];
}

/** Faults that a server can cause in a download. */
const downloadFaults = {
  /** Sends without end. */
  endless: (response: ServerResponse) => sendForever(response, Buffer.alloc(65_536, 0xff)),
  /** Sends without end, one byte at a time. */
  crumbs: (response: ServerResponse) => sendForever(response, Buffer.alloc(1, 0xff)),
  /** Sends the first half, and then nothing, with the connection open. */
  stalled(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(bytes.length));
    response.write(bytes.subarray(0, bytes.length / 2));
  },
  /** Declares the whole length, sends half of it and disconnects. */
  cut_short(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(bytes.length));
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  },
  /** Declares half of the length that it sends. */
  runs_over(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(Math.floor(bytes.length / 2))).end(bytes);
  },
  /** Declares a terabyte. */
  boasts(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(1e12)).write(bytes);
  },
  html(response: ServerResponse) {
    response.writeHead(200, { "content-type": "image/jpeg" });
    response.end("<!doctype html><title>Sign in</title><p>Sign in to go on.</p>");
  },
  redirect(response: ServerResponse) {
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
  },
};

const fileHeaders = (length: number) => ({
  "content-type": "application/octet-stream",
  "content-length": length,
});

async function sendForever(response: ServerResponse, chunk: Buffer) {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  const chunks = (function* () {
    for (;;) yield chunk;
  })();
  await pipeline(Readable.from(chunks, { objectMode: false }), response).catch(() => {}); // disconnected
}

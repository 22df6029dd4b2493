import type {
  EventMessage,
  ExportMessage,
  PortraitMessage,
  RehostMessage,
  UploadMessage,
} from "@keepsake/contract/messages";
import type { Sql } from "postgres";
import type { DecoderJob, DecoderResult, DecoderSteps } from "./decoderJob.ts";

/** The outside services that verbs use. A verb names only those it needs. */
export type Services = {
  sql: Sql;
  images: PublicBucket;
  /** Private images: only their owners get URLs of them. */
  privateImages: ImageBucket;
  privateUrls: PrivateUrls;
  exportStore: ExportStore;
  incoming: Bucket;
  uploadPresigner: UploadPresigner;
  /** The bytes that an owner may store; 0 for no limit. */
  ownerBytes: number;
  cdn: Cdn;
  decoder: Decoder;
  portraitQueue: Queue<PortraitMessage>;
  rehostQueue: Queue<RehostMessage>;
  uploadQueue: Queue<UploadMessage>;
  exportQueue: Queue<ExportMessage>;
  /** Undefined when the stage has no receiver of events. */
  eventQueue: Queue<EventMessage> | undefined;
  eventReceiver: EventReceiver;
  identify: Identify;
  platforms: Record<Platform, FileSource>;
  telegram: Messenger;
  /** Undefined when senders get no reply. */
  replies: Messenger | undefined;
  botName: string;
  characterGenerator: CharacterGenerator;
  portraitGenerator: PortraitGenerator;
};

export type BucketName = "images" | "incoming" | "private";

export type Bucket = {
  /** The bytes of an object, at most `maxBytes` + 1 of them; undefined when it does not exist. */
  get(key: string, maxBytes: number): Promise<Buffer | undefined>;
  /** The size of an object in bytes, as the bucket lists it; undefined when it does not exist. */
  size(key: string): Promise<number | undefined>;
  /** Removes an object if it exists, and resolves to its size in bytes. */
  remove(key: string): Promise<number | undefined>;
};

/** A bucket of published images. Each key is written once. */
export type ImageBucket = Bucket & {
  /**
   * Stores an object and resolves when the bucket has confirmed its bytes. Writing the same bytes again
   * succeeds; other bytes under an existing key throw `KeyTakenError`. A response that names other bytes
   * throws. Of an object with an `incomingKey`, the store may copy that object instead, which sends no bytes:
   * `RetryableError` when it is no longer the same.
   */
  put(key: string, object: StoredObject): Promise<void>;
};

/** Where exports are written: objects of any size, in the private bucket. */
export type ExportStore = {
  /**
   * Stores what the chunks make up as one object, in parts of 8 MiB of which at most two are in memory, and
   * resolves when the bucket has confirmed every byte: until then the write leaves no object. First it aborts
   * the unfinished writes of an earlier attempt under the key. It aborts itself when anything fails, and by
   * the signal with the signal's reason. A chunk may be changed by its source once the next one is asked for.
   */
  write(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    options: ExportWrite,
  ): Promise<{
    bytes: number;
    /** Lower-case hex. */
    sha256: string;
  }>;
  /** Aborts the unfinished writes of a key. */
  abortUnfinished(key: string): Promise<void>;
  /** Removes an object if it exists, and resolves to its size in bytes. */
  remove: Bucket["remove"];
};

export type ExportWrite = {
  /** The name under which browsers save the object. */
  filename: string;
  signal?: AbortSignal | undefined;
};

/** The bucket that readers see. */
export type PublicBucket = ImageBucket & {
  /** The permanent URL of a key. */
  url(key: string): string;
};

export type PrivateUrls = {
  /** A URL that reads one object of the private bucket. For half an hour it is the same one. */
  presignGet(key: string): Promise<string>;
};

export type UploadPresigner = {
  /** A URL, and the headers to send with it, that PUTs exactly these bytes, once, before it expires. */
  presignPut(
    key: string,
    declared: DeclaredObject,
  ): Promise<{ url: string; headers: Record<string, string> }>;
};

/** What a caller declared about a file before sending it. */
type DeclaredObject = {
  contentType: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  expiresInSeconds: number;
  /** When the URL begins to be valid, ISO 8601; now by default. */
  validFrom?: string;
};

export type Cdn = {
  /**
   * Removes copies from the CDN's cache: by URL those without a query string, as requested by no page and
   * by each of ours; by prefix all copies of the URLs.
   */
  purge(urls: string[], by?: PurgeBy): Promise<PurgeOutcome>;
  /** How many URLs one purge takes, and how many purges may be sent in a minute. */
  limits: Record<PurgeBy, { urls: number; perMinute: number }>;
};

export type PurgeBy = "url" | "prefix";
export type PurgeOutcome = "confirmed" | "not_configured" | "failed";

/** Decodes and encodes images in a process of its own, which can be ended at any moment. */
export type Decoder = {
  /**
   * Does the steps of a job, and none when the image has another header than the job accepts: compare
   * `header`. Throws `image.damaged` or `image.bad_dimensions`, `image.too_complex` for an image that takes
   * more CPU time or memory than the job's bounds, and `RetryableError` when the process crashed twice or
   * took too long by the clock.
   */
  run<Steps extends DecoderSteps>(job: DecoderJob<Steps>): Promise<DecoderResult<Steps>>;
};

export type StoredObject = {
  bytes: Uint8Array;
  contentType: string;
  /** Lower-case hex. */
  sha256: string;
  /** The key of an object in the incoming bucket that has these very bytes. */
  incomingKey?: string | undefined;
};

export type Queue<Message> = {
  /**
   * Resolves to the messages that were not accepted: all of them when the queue cannot be reached. With
   * `delaySeconds`, at most 900, they are delivered after that time.
   */
  send(messages: Message[], options?: { delaySeconds?: number }): Promise<Message[]>;
};

export type EventReceiver = {
  /**
   * Delivers an event. Its id is the same in every attempt. Throws `PermanentError` when the receiver wants no
   * more of it, and `RetryableError` for any other reason; neither holds the receiver's URL.
   */
  deliver(event: { event_id: string; body: string }): Promise<void>;
};

/** Where images are re-hosted from. A new platform is a file in adapters and an entry in each type below. */
export type Platform = "telegram" | "discord" | "url";

/**
 * What identifies a file permanently, and what is needed to download it. Undefined for a foreign file; `url` throws
 * `PermanentError` for a URL that may not be fetched.
 */
export type Identify = {
  telegram(file: { file_id: string; file_unique_id: string }): IdentifiedFile | undefined;
  discord(file: { url: string }): IdentifiedFile | undefined;
  url(file: { url: string; ref?: string | undefined }): IdentifiedFile;
};

type IdentifiedFile = { platform_ref: string; source: Record<string, string> };

export type FileSource = {
  /**
   * The bytes of a file of at most `maxBytes`. Throws `PermanentError` or `RetryableError`, neither of
   * which contains a secret.
   */
  download(source: object, maxBytes: number): Promise<Buffer>;
};

/** Sends messages to a chat. Throws `PermanentError` or `RetryableError`. */
type Messenger = {
  sendMessage(message: {
    chat_id: number;
    text: string;
    reply_to_message_id?: number | undefined;
    reply_markup?: { inline_keyboard: { text: string; callback_data: string }[][] } | undefined;
  }): Promise<unknown>;
  answerCallbackQuery(answer: { callback_query_id: string }): Promise<unknown>;
};

export type CharacterGenerator = {
  /**
   * Generates the texts of `count` characters, each as soon as it is complete. The offline generator gives
   * the same characters for the same request. Throws `CharacterGenerationError`.
   */
  generate(request: CharacterRequest): AsyncIterable<CharacterText>;
};

export type CharacterRequest = {
  theme: string;
  count: number;
  prompt?: string | undefined;
  seed: string;
  signal?: AbortSignal | undefined;
  /** Called when the generator failed after its first character: those that are complete remain. */
  onIncomplete?: (error: Error) => void;
};

/** A character without its portrait. */
export type CharacterText = {
  name: string;
  description: string;
  details: { traits: string[]; [detail: string]: unknown };
};

export type PortraitGenerator = {
  /**
   * Resolves to an encoded image of the character. The offline generator gives the same image for the same
   * character and seed. Throws `PortraitGenerationError`, also for a reference that it cannot use.
   */
  generate(character: CharacterText, request: PortraitRequest): Promise<Uint8Array>;
};

export type PortraitRequest = {
  theme: string;
  seed: string;
  /** An encoded image that the portrait should resemble. */
  reference?: Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  /** When the signal aborts at the latest, as in `Date.now()`. */
  endsAt?: number | undefined;
};

import type { PortraitMessage, RehostMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";

/** What the verbs ask of the outside world. A verb names only what it uses. */
export type Services = {
  sql: Sql;
  images: PublicBucket;
  incoming: Bucket;
  uploadPresigner: UploadPresigner;
  cdn: Cdn;
  portraitQueue: Queue<PortraitMessage>;
  rehostQueue: Queue<RehostMessage>;
  identify: Identify;
  platforms: Record<Platform, FileSource>;
  telegram: Messenger;
  /** Undefined when senders are not to be told. */
  replies: Messenger | undefined;
  botName: string;
  characterGenerator: CharacterGenerator;
  portraitGenerator: PortraitGenerator;
};

export type Bucket = {
  /** The bytes of an object, cut after `maxBytes` + 1; undefined when there is none. */
  get(key: string, maxBytes: number): Promise<Buffer | undefined>;
  /** Removes an object if it is there, and resolves to how many bytes it had. */
  remove(key: string): Promise<number | undefined>;
};

/** The bucket that readers see. Its keys are written once. */
export type PublicBucket = Bucket & {
  /**
   * Stores an object and resolves when the bucket has confirmed its SHA-256. Writing the same bytes
   * again succeeds; other bytes under a key that is taken throw.
   */
  put(key: string, object: StoredObject): Promise<void>;
  /** Where readers fetch the object. */
  url(key: string): string;
};

export type UploadPresigner = {
  /** A URL and the headers to send with it, to PUT exactly these bytes, once, before it expires. */
  presignPut(
    key: string,
    promised: DeclaredObject,
  ): Promise<{ url: string; headers: Record<string, string> }>;
};

export type DeclaredObject = {
  contentType: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  expiresInSeconds: number;
};

export type Cdn = {
  /** Makes the CDN forget these URLs. */
  purge(urls: string[]): Promise<"confirmed" | "not_configured" | "failed">;
};

export type StoredObject = {
  bytes: Uint8Array;
  contentType: string;
  /** Lower-case hex. */
  sha256: string;
};

export type Queue<Message> = {
  /** Resolves to the messages that were not accepted; an unreachable queue accepts none. */
  send(messages: Message[]): Promise<Message[]>;
};

/** Where images are re-hosted from. A new one is a file in adapters and a line in each of these. */
export type Platform = "telegram" | "discord";

/** What names a file for good, and what to fetch it by. Undefined when it is none of the platform's. */
export type Identify = {
  telegram(file: { file_id: string; file_unique_id: string }): IdentifiedFile | undefined;
  discord(file: { url: string }): IdentifiedFile | undefined;
};

export type IdentifiedFile = { platform_ref: string; source: Record<string, string> };

export type FileSource = {
  /** The bytes of a file of at most `maxBytes`. Throws `PermanentError` or `RetryableError`, and nothing secret. */
  download(source: object, maxBytes: number): Promise<Buffer>;
};

/** Somebody to talk to in a chat. Throws `PermanentError` or `RetryableError`. */
export type Messenger = {
  sendMessage(message: {
    chat_id: number;
    text: string;
    reply_to_message_id?: number | undefined;
    reply_markup?: { inline_keyboard: { text: string; callback_data: string }[][] } | undefined;
  }): Promise<unknown>;
  answerCallbackQuery(answer: { callback_query_id: string }): Promise<unknown>;
};

export type CharacterGenerator = {
  /** Tells `count` characters, each as soon as it is complete. The same request tells the same ones. */
  generate(request: CharacterRequest): AsyncIterable<CharacterText>;
};

export type CharacterRequest = {
  theme: string;
  count: number;
  prompt?: string | undefined;
  seed: string;
  signal?: AbortSignal | undefined;
};

/** A character before it has a face. */
export type CharacterText = {
  name: string;
  description: string;
  details: { traits: string[]; [detail: string]: unknown };
};

export type PortraitGenerator = {
  /**
   * Resolves to an encoded image of the character; the same sheet and seed paint the same image. Throws
   * `PortraitGenerationError`, also for a reference where it cannot paint after one.
   */
  generate(sheet: CharacterText, request: PortraitRequest): Promise<Uint8Array>;
};

export type PortraitRequest = {
  theme: string;
  seed: string;
  /** An encoded image to paint the character after. */
  reference?: Uint8Array | undefined;
  signal?: AbortSignal | undefined;
};

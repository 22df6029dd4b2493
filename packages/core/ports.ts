import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";

/** What the verbs ask of the outside world. A verb names only what it uses. */
export type Services = {
  sql: Sql;
  images: Bucket;
  portraitQueue: Queue<PortraitMessage>;
  storyteller: Storyteller;
  painter: Painter;
};

/** A bucket whose keys are written once. */
export type Bucket = {
  /**
   * Stores an object and resolves when the bucket has confirmed its SHA-256. Writing the same bytes
   * again succeeds; other bytes under a key that is taken throw.
   */
  put(key: string, object: StoredObject): Promise<void>;
  /** Where readers fetch the object. */
  url(key: string): string;
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

export type Storyteller = {
  /** Resolves to `count` characters. The same request with the same seed tells the same ones. */
  tell(request: { theme: string; count: number; prompt?: string; seed: string }): Promise<Sheet[]>;
};

/** A character before it has a face. */
export type Sheet = {
  name: string;
  description: string;
  details: { traits: string[]; [detail: string]: unknown };
};

export type Painter = {
  /** Resolves to an encoded image of the character. The same sheet and seed paint the same image. */
  paint(sheet: Sheet, request: { theme: string; seed: string }): Promise<Uint8Array>;
};

/** How the provider behaves from now on. A field that is left out means normal behaviour. */
export type Plan = { text?: TextPlan | undefined; images?: ImagePlan | undefined };

export type TextPlan = {
  mode?: TextMode | undefined;
  /** A mode for each call in turn; the last one stays. */
  modes?: TextMode[] | undefined;
  /** How long each character takes, spread over its text. */
  pauseMs?: number | undefined;
  /** Called before each character but the first, which is sent once this resolves. */
  beforeNext?: (() => Promise<void>) | undefined;
  /** What is sent in place of the built-in characters. */
  elements?: unknown[] | undefined;
  retryAfterSeconds?: number | undefined;
};

export type ImagePlan = {
  mode?: ImageMode | undefined;
  modes?: ImageMode[] | undefined;
  /** How long an image takes, for each call in turn. */
  slowMs?: number[] | undefined;
  format?: "png" | "jpeg" | "webp" | undefined;
  /** Width and height in pixels, whatever the request says: 256 × 256 by default. */
  size?: [number, number] | undefined;
  retryAfterSeconds?: number | undefined;
};

/**
 * How any call may fail. `busy` is 429, `silent` never responds, `disconnect` closes the connection in the
 * middle of the response, `echo` repeats the API key in a 400.
 */
export type Fault = (typeof faults)[number];

const faults = [
  "fail",
  "busy",
  "refuse",
  "garbage",
  "silent",
  "disconnect",
  "echo",
  "not_found",
] as const;

export const isFault = (mode: string): mode is Fault => faults.includes(mode as Fault);

export type TextMode =
  | "ok"
  | Fault
  | "declined" // the model refuses, in a response that is otherwise normal
  | "truncated" // the JSON stops inside the second character
  | "stalled" // the same, and the connection stays open
  | "broken_event" // an event that is not JSON, after the first character
  | "error_event" // an error as the first event
  | "no_schema" // response_format supports json_object only
  | "text_only" // response_format is not supported
  | "fenced" // reasoning, then a bare list in Markdown
  | "endless"; // more characters than the request says, without end

export type ImageMode =
  | "ok"
  | Fault
  | "url"
  | "dead_url" // of a file that no longer exists, with a signature
  | "foreign_url" // on a private address that is not the provider's
  | "not_an_image"
  | "empty"
  | "endless"
  | "no_edits" // generates images, but does not edit them
  | "text_to_image_only"; // the same, as an error of the model

/** A call that the provider received. */
export type Call = {
  path: string;
  /** The JSON as it was sent; a form as its fields, files as Buffers. */
  body: Record<string, unknown>;
  /** Whether the caller disconnected before the end of the response. */
  disconnected: boolean;
  /** How much of an endless response was sent. */
  sentBytes: number;
};

/** The entry for a call: the last one stays. */
export const forTurn = <T>(list: T[] | undefined, turn: number): T | undefined =>
  list?.[turn] ?? list?.at(-1);

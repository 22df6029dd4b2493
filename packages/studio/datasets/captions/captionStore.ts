import { KeepsakeError } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import { isTemporary } from "../isTemporary.ts";

/** A caption that was typed, until the API's answer to it has been shown. */
export type TypedCaption = {
  caption: string | null;
  status: "saving" | "saved" | "failed";
  error?: unknown;
  /** Typed some time ago: its image may have left the dataset since, and sending it would put the image back. */
  isLate?: boolean;
};

export type Caption = { image_id: string; caption: string | null };

type Options = {
  /** The images that are in the dataset now. */
  loadImageIds(): Promise<ReadonlySet<string>>;
  /** Sends at most as many captions as a request may have. */
  send(captions: Caption[]): Promise<void>;
  /** Keeps a text in this browser until it is discarded. */
  keep(image_id: string, text: string): unknown;
  discard(image_id: string): unknown;
  onSaved(captions: Caption[]): void;
  /** Called with how many captions were discarded, since their image or the dataset is gone. */
  onGone(count: number): void;
};

export type CaptionStore = ReturnType<typeof createCaptionStore>;

const savedShownMs = 2_500;
const firstRetryMs = 2_000;
const maxRetryMs = 30_000;

/**
 * Saves captions in the background, one request at a time. Those that could not be sent are sent again after 2 to 30
 * seconds, and at once when the connection is back; those that the API rejects, when they are changed or retried. Before a later attempt, captions whose image has left the
 * dataset are discarded.
 */
export function createCaptionStore(options: Options) {
  const { loadImageIds, send, keep, discard, onSaved, onGone } = options;
  const typed = new Map<string, TypedCaption>();
  const drafts = new Set<string>();
  const listeners = new Set<() => void>();
  let sending: Promise<void> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let retries = 0;

  const put = (image_id: string, state: TypedCaption | undefined) => {
    if (state) typed.set(image_id, state);
    else typed.delete(image_id);
    for (const listener of listeners) listener();
  };

  const sendWaiting = () => {
    const waiting = [...typed].filter(([, { status }]) => status === "saving");
    if (sending || waiting.length === 0) return;
    sending = sendBatch(waiting.slice(0, limits.dataset_items_per_request)).finally(() => {
      sending = undefined;
      sendWaiting();
    });
  };

  const drop = (image_id: string) => {
    drafts.delete(image_id);
    put(image_id, undefined);
    discard(image_id);
  };

  const dropGone = (image_ids: string[]) => {
    const gone = image_ids.filter(
      (image_id) => (typed.get(image_id)?.status ?? "saved") !== "saved",
    );
    for (const image_id of gone) drop(image_id);
    if (gone.length > 0) onGone(gone.length);
  };

  const sendPresent = async (batch: Batch): Promise<Batch> => {
    let present = batch;
    if (batch.some(([, { isLate }]) => isLate)) {
      const image_ids = await loadImageIds();
      const isPresent = ([image_id, { isLate }]: Batch[number]) =>
        !isLate || image_ids.has(image_id);
      present = batch.filter(isPresent);
      dropGone(batch.filter((one) => !isPresent(one)).map(([image_id]) => image_id));
    }
    // some may have been removed from the dataset meanwhile
    present = present.filter(([image_id, sent]) => typed.get(image_id) === sent);
    if (present.length > 0) await send(captionsOf(present));
    return present;
  };

  const sendBatch = async (batch: Batch) => {
    let sent: Batch;
    try {
      sent = await sendPresent(batch);
    } catch (error) {
      if (isCode(error, "dataset.not_found")) return dropGone([...typed.keys()]);
      const willPass = isTemporary(error);
      if (batch.length > 1 && !willPass) {
        for (const one of batch) await sendBatch([one]); // so that one does not hold up the others
        return;
      }
      const [only] = batch;
      if (only && isCode(error, "image.not_published")) return dropGone([only[0]]);
      for (const [image_id, sent] of batch)
        if (typed.get(image_id) === sent) put(image_id, { ...sent, status: "failed", error });
      if (willPass) retryLater();
      return;
    }
    retries = 0;
    onSaved(captionsOf(sent));
    for (const [image_id, state] of sent) {
      if (typed.get(image_id) !== state) continue; // changed again meanwhile
      if (!drafts.has(image_id)) discard(image_id);
      const saved: TypedCaption = { caption: state.caption, status: "saved" };
      put(image_id, saved);
      setTimeout(() => typed.get(image_id) === saved && put(image_id, undefined), savedShownMs);
    }
  };

  const retryLater = () => {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(
      () => retry(isTemporary),
      Math.min(firstRetryMs * 2 ** retries, maxRetryMs),
    );
    retries += 1;
  };

  const retry = (which: (error: unknown) => boolean = () => true) => {
    clearTimeout(retryTimer);
    for (const [image_id, state] of typed)
      if (state.status === "failed" && which(state.error))
        put(image_id, { caption: state.caption, status: "saving", isLate: true });
    sendWaiting();
  };

  const idle = async () => {
    while (sending) await sending;
  };

  addEventListener("online", () => retry(isTemporary));

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: (image_id: string) => typed.get(image_id),
    unsavedCount: () => [...typed.values()].filter(({ status }) => status !== "saved").length,
    failedCount: () => [...typed.values()].filter(({ status }) => status === "failed").length,
    /** Null clears it. */
    save(image_id: string, caption: string | null) {
      drafts.delete(image_id);
      keep(image_id, caption ?? "");
      put(image_id, { caption, status: "saving" });
      sendWaiting();
    },
    /** Keeps what is being typed, without sending it. */
    keepDraft(image_id: string, text: string) {
      drafts.add(image_id);
      keep(image_id, text);
    },
    /** Forgets what was being typed. */
    dropDraft(image_id: string) {
      drafts.delete(image_id);
      const unsaved = typed.get(image_id);
      if (unsaved && unsaved.status !== "saved") keep(image_id, unsaved.caption ?? "");
      else discard(image_id);
    },
    retry: () => retry(),
    /** Saves captions that were typed some time ago, unless a later one is known. */
    resume(captions: Caption[]) {
      for (const { image_id, caption } of captions) {
        if (typed.has(image_id)) continue;
        keep(image_id, caption ?? "");
        put(image_id, { caption, status: "saving", isLate: true });
      }
      sendWaiting();
    },
    /** Forgets the captions of images that leave the dataset. */
    forget: (image_ids: string[]) => image_ids.forEach(drop),
    /** Forgets all of them: the dataset was deleted. */
    forgetAll: () => [...typed.keys(), ...drafts].forEach(drop),
    /** Resolves when no caption is being sent. */
    idle,
  };
}

type Batch = [image_id: string, state: TypedCaption][];

const captionsOf = (batch: Batch): Caption[] =>
  batch.map(([image_id, { caption }]) => ({ image_id, caption }));

const isCode = (error: unknown, code: KeepsakeError["code"]) =>
  error instanceof KeepsakeError && error.code === code;

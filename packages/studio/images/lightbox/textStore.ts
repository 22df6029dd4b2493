import { KeepsakeError } from "@keepsake/client";

/** What is said about an image. `newTag` is a tag that is being typed, which is not sent until it is added. */
export type TextField = "filename" | "alt" | "caption" | "tags" | "newTag";

/** A text as it was typed, tags as JSON, and whether it is saved. */
export type TypedText = {
  value: string;
  status: "typed" | "saving" | "saved" | "failed";
  error?: unknown;
};

type Parts = {
  send(image_id: string, field: TextField, value: string): Promise<void>;
  keep(image_id: string, field: TextField, value: string): void;
  discard(image_id: string, field: TextField): void;
};

export type TextStore = ReturnType<typeof createTextStore>;

/** Saved this long after the last key. */
const pauseMs = 900;
const savedShownMs = 3_000;

/** Texts that are typed and not saved yet. Each is saved after a pause, or when its field is left; the latest wins. */
export function createTextStore({ send, keep, discard }: Parts) {
  const texts = new Map<string, TypedText>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const listeners = new Set<() => void>();
  let focused: string | undefined;

  const set = (key: string, text: TypedText | undefined) => {
    if (text) texts.set(key, text);
    else texts.delete(key);
    for (const listener of listeners) listener();
  };
  const after = (key: string, ms: number, run: () => void) => {
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(run, ms));
  };
  const forgetSaved = (key: string) =>
    after(key, savedShownMs, () => {
      // a field that is being typed in keeps its text: the API may have stored it without its last space
      if (texts.get(key)?.status === "saved" && focused !== key) set(key, undefined);
    });

  async function save(image_id: string, field: TextField): Promise<void> {
    const key = keyOf(image_id, field);
    const text = texts.get(key);
    if (field === "newTag" || !text || text.status === "saved" || text.status === "saving") return;
    clearTimeout(timers.get(key));
    const { value } = text;
    set(key, { value, status: "saving" });
    try {
      await send(image_id, field, value);
      if (texts.get(key)?.value !== value) return typedMeanwhile(image_id, field);
      discard(image_id, field);
      set(key, { value, status: "saved" });
      forgetSaved(key);
    } catch (error) {
      if (error instanceof KeepsakeError && error.code === "image.not_found") {
        discard(image_id, field);
        return set(key, undefined);
      }
      if (texts.get(key)?.value !== value) return typedMeanwhile(image_id, field);
      set(key, { value, status: "failed", error });
    }
  }

  /** A request was under way while more was typed: that is sent now. */
  async function typedMeanwhile(image_id: string, field: TextField): Promise<void> {
    const key = keyOf(image_id, field);
    const text = texts.get(key);
    if (!text) return; // it was given up
    set(key, { value: text.value, status: "typed" });
    return save(image_id, field);
  }

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: (image_id: string, field: TextField) => texts.get(keyOf(image_id, field)),
    save,
    type(image_id: string, field: TextField, value: string) {
      const key = keyOf(image_id, field);
      keep(image_id, field, value);
      const isSaving = texts.get(key)?.status === "saving";
      set(key, { value, status: isSaving ? "saving" : "typed" });
      if (!isSaving) after(key, pauseMs, () => save(image_id, field));
    },
    /** Gives up a text, and what is stored of it. */
    drop(image_id: string, field: TextField) {
      const key = keyOf(image_id, field);
      clearTimeout(timers.get(key));
      discard(image_id, field);
      set(key, undefined);
    },
    enter(image_id: string, field: TextField) {
      focused = keyOf(image_id, field);
    },
    /** The field was left: what was typed is saved at once. */
    leave(image_id: string, field: TextField) {
      const key = keyOf(image_id, field);
      if (focused === key) focused = undefined;
      if (texts.get(key)?.status === "saved") forgetSaved(key);
      else if (texts.get(key)?.status === "typed") save(image_id, field);
    },
    /** Sends all texts that are not saved once more. */
    async retry() {
      await Promise.all(
        [...texts.keys()].map((key) => {
          const [image_id, field] = key.split(" ") as [string, TextField];
          return save(image_id, field);
        }),
      );
    },
  };
}

const keyOf = (image_id: string, field: TextField) => `${image_id} ${field}`;

import { type Client, createClient } from "@keepsake/client";

/** What a page reports: the library's own events, by the files' names. */
export type Events = {
  started: string[];
  progress: Record<string, number[]>;
  /** Of all files together, in percent; only of a library that says it. */
  total: number[];
  succeeded: string[];
  /** The permanent URLs, of a library that says them. */
  urls: Record<string, string>;
  failed: Record<string, string>;
  /** Set by the event with which the library says that it is done with all files. */
  isFinished: boolean;
};

/** How a test drives an uploader that a page made. */
type Driver = {
  add(files: File[]): void;
  /** Removes the file from the widget, as a person would. */
  remove(name: string): void;
};

type Make = (client: Client, events: Events) => Driver;

/** Runs an uploader in this page: a test calls `start`, chooses files in the input and calls `add`. */
export function serve(make: Make) {
  const input = document.body.appendChild(document.createElement("input"));
  Object.assign(input, { type: "file", multiple: true, id: "files" });
  const events: Events = {
    started: [],
    progress: {},
    total: [],
    succeeded: [],
    urls: {},
    failed: {},
    isFinished: false,
  };
  let driver: Driver;
  const page = {
    events,
    start(options: { baseUrl: string; token: string }) {
      driver = make(createClient(options), events);
    },
    add: () => void driver.add(Array.from(input.files!)),
    remove: (name: string) => driver.remove(name),
  };
  Object.assign(window, { page });
  return page;
}

export function onProgress({ progress }: Events, name: string, part: number) {
  progress[name] ??= [];
  progress[name].push(part);
}

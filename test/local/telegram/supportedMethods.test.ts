import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unsupportedMethods } from "@keepsake/local/embedded/telegram/unsupportedMethods";
import { expect, test } from "vitest";
import { rawBot } from "./botWithoutLibrary.ts";

const root = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(root, "packages/local/embedded/telegram/README.md"), "utf8");
/** The names that the package `@grammyjs/types` declares. */
const declared = namesIn(
  readFileSync(join(root, "node_modules/@grammyjs/types/methods.d.ts"), "utf8"),
  /^ {4}([a-zA-Z]+)\(/gm,
);

const [, spokenPart = "", unspokenPart = ""] = readme.split(
  /## Methods that it speaks|## Methods that it does not speak/,
);
const spoken = namesIn(spokenPart, /^\| `(\w+)`/gm);

test("the README of the Telegram stand-in lists every method of the Bot API, as spoken or not", () => {
  expect(declared.length).toBeGreaterThan(150);
  expect([...spoken, ...unsupportedMethods].toSorted()).toEqual([...new Set(declared)].toSorted());
  expect(namesIn(unspokenPart, /`(\w+)`/g)).toEqual(unsupportedMethods);
});

test("the stand-in answers 501 to exactly the methods that its README says it does not speak", async () => {
  const { call } = await rawBot();
  for (const name of new Set(declared)) {
    const { status } = await call(name);
    expect([name, status === 501]).toEqual([name, unsupportedMethods.includes(name)]);
    expect([name, status === 404 || status === 500]).toEqual([name, false]);
  }
});

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name!);
}

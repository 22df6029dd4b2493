import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./importGraph.ts";

/** Words that a reader must think about, with what to write in their place. CONTRIBUTING.md says why. */
const betterWords: Record<string, string> = {
  anybody: "any caller, anyone",
  hence: "so, because",
  hitherto: "until now",
  lest: "so that … not",
  nobody: "no caller, no client, no one",
  somebody: "a caller, another owner, someone",
  thereof: "of it",
  told: "called with, reported, shown",
  wherein: "in which",
  whilst: "while",
  whoever: "the caller, the client that",
  whom: "the caller, the owner",
  whomever: "the caller, the owner",
};

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(tsx?|mjs|md|sql|css|html)$/.test(file))
  // this list, and the page that explains it
  .filter((file) => !["test/structure/words.test.ts", "CONTRIBUTING.md"].includes(file));

test("code, tests and docs use none of the words that have a better one", () => {
  expect(files.length).toBeGreaterThan(300);
  const form = new RegExp(`\\b(${Object.keys(betterWords).join("|")})\\b`, "gi");
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, index) =>
        [...line.matchAll(form)].map(
          ([word]) => `${file}:${index + 1} "${word}": write ${betterWords[word.toLowerCase()]}`,
        ),
      ),
  );
  expect(found).toEqual([]);
});

test("CONTRIBUTING.md lists every one of these words", () => {
  const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  expect(Object.keys(betterWords).filter((word) => !page.includes(word))).toEqual([]);
});

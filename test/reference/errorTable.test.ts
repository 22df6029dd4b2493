import { readFileSync } from "node:fs";
import { answersInFront, errorMeanings } from "@keepsake/contract/errorMeanings";
import { statuses } from "@keepsake/contract/errors";
import { openapi } from "@keepsake/contract/openapi/document";
import { errorRows } from "@keepsake/functions/reference/errorTableRows";
import { errorsDocument, errorsFile } from "@keepsake/functions/reference/writeErrorTable";
import { describe, expect, test } from "vitest";

/** Conflicts with what ends by itself. */
const waitsForOtherWork = ["`upload.not_received`", "`export.running`"];

describe("the table of errors", () => {
  test("in docs/errors.md is what the code says: otherwise run npm run error-table", () => {
    expect(readFileSync(errorsFile, "utf8")).toBe(errorsDocument());
  });

  test("has every code once, with a meaning and with what to do in sentences", () => {
    const codes = errorRows().map(([, code]) => code!.slice(1, -1));
    expect(codes.toSorted()).toEqual(Object.keys(statuses).sort());
    const texts = [...Object.values(errorMeanings), ...Object.values(answersInFront)];
    for (const { meaning, advice } of texts)
      for (const text of [meaning, advice]) expect(text).toMatch(/^[`A-Z].*\.$/);
  });

  test("says later for every 429 and 5xx, and never for a request that is wrong", () => {
    for (const [status, code, , , again] of errorRows()) {
      const isLater = Number(status) === 429 || Number(status) >= 500;
      expect([code, again === "later"]).toEqual([
        code,
        isLater || waitsForOtherWork.includes(code!),
      ]);
    }
  });

  test("is in the descriptions of the OpenAPI document too", () => {
    const { meaning, advice } = errorMeanings["upload.not_received"];
    expect(JSON.stringify(openapi())).toContain(`\`upload.not_received\`: ${meaning} ${advice}`);
  });
});

import { polyglotFormat } from "@keepsake/core/imaging/formats/polyglot";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latin1, noise, zip } from "../../security/hostile/byteHelpers.ts";
import { png } from "../../support/images.ts";

const at = (before: number, mark: string, after: number) =>
  Buffer.concat([Buffer.alloc(before, "x"), latin1(mark), Buffer.alloc(after, "x")]);

describe("a mark of another format", () => {
  test("is found where the readers of that format look for it", async () => {
    expect(polyglotFormat(Buffer.concat([await png(), zip("secret.txt", "plans")]))).toBe("zip");
    expect(polyglotFormat(at(100_000, "PK\x05\x06", 18 + 65_535))).toBe("zip");
    expect(polyglotFormat(at(1_019, "%PDF-", 10_000))).toBe("pdf");
    for (const before of [0, 7, 100_000]) {
      expect(polyglotFormat(at(before, "Rar!\x1a\x07", 100_000))).toBe("rar");
      expect(polyglotFormat(at(before, "7z\xbc\xaf\x27\x1c", 100_000))).toBe("7z");
    }
  });

  test("is ignored where they do not", () => {
    expect(polyglotFormat(at(100_000, "PK\x05\x06", 18 + 65_536))).toBeUndefined();
    expect(polyglotFormat(at(1_020, "%PDF-", 10_000))).toBeUndefined();
  });

  test("is not seen in pictures without one", async () => {
    expect(polyglotFormat(await png())).toBeUndefined();
    expect(polyglotFormat(noise("marks", 100_000))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(polyglotFormat(Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });
});

import { describe, expect, test } from "vitest";
import { interleave } from "../../bench/support/measureInTurns.ts";
import { withTimeLimit } from "../../bench/support/timeLimit.ts";

describe("the contenders of a row", () => {
  const measured = async (rounds: number) => {
    const turns: string[] = [];
    const contender = (name: string) => async (isShort: boolean) => {
      turns.push(isShort ? `${name}, short` : name);
      return { cpu: turns.length };
    };
    const medians = await interleave(rounds, { a: contender("a"), b: contender("b") });
    return { turns, medians };
  };

  test("are measured in turn, in an order that changes, after a short turn each that does not count", async () => {
    const { turns, medians } = await measured(2);
    expect(turns).toEqual(["a, short", "b, short", "b", "a", "a", "b"]);
    expect(medians).toEqual({ a: { cpu: 4.5 }, b: { cpu: 4.5 } });
  });

  test("are measured in one short turn each when there is only one round", async () => {
    const { turns, medians } = await measured(1);
    expect(turns).toEqual(["b, short", "a, short"]);
    expect(medians).toEqual({ a: { cpu: 2 }, b: { cpu: 1 } });
  });
});

describe("a row that hangs", () => {
  test("fails with its name and its limit", async () => {
    const hanging = withTimeLimit("The row drain", 0.01, () => new Promise(() => {}));
    await expect(hanging).rejects.toThrow("The row drain took more than 0.01 s");
  });
});

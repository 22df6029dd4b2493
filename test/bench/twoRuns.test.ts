import { describe, expect, test } from "vitest";
import { joinRuns } from "../../bench/support/joinRuns.ts";
import { section, summary } from "../../bench/support/performanceDocument.ts";
import { checkResult, type Result } from "../../bench/support/result.ts";

const run = (actual: number, figures: Result["figures"] = [["", "ms"]]): Result => ({
  goals: [{ what: "a URL", actual, unit: "× plain", atMost: 0.4 }],
  figures,
  method: "Each signs one.",
});
const twice = (first: number, second: number) => {
  const result = joinRuns(run(first), run(second));
  return summary([{ title: "A URL", result }])
    .split("\n")
    .at(-1);
};

describe("two runs of a row of the benchmark", () => {
  test("show the mean of a goal where they agree", () => {
    expect(twice(0.3, 0.32)).toBe("| a URL | ≤ 0.4 × plain | 0.310 | met |");
  });

  test("show both values where they differ by more than a tenth", () => {
    expect(twice(0.31, 0.36)).toBe("| a URL | ≤ 0.4 × plain | 0.310 and 0.360 | met |");
  });

  test("meet a goal only if both do, and show how far the worse one is", () => {
    expect(twice(0.39, 0.42)).toBe("| a URL | ≤ 0.4 × plain | 0.390 and 0.420 | missed by 5 % |");
    expect(twice(0.44, 0.44)).toBe("| a URL | ≤ 0.4 × plain | 0.440 | missed by 10 % |");
  });

  test("give the mean of each figure, and the second run's figures where the lines differ", () => {
    const figures = (...lines: Result["figures"]) => [["", "ms"], ...lines];
    const joined = (first: Result["figures"], second: Result["figures"]) =>
      joinRuns(run(0.3, first), run(0.3, second)).figures;

    expect(joined(figures(["ours", 10]), figures(["ours", 20]))).toEqual(figures(["ours", 15]));
    expect(joined(figures(["ours", 10]), figures(["ours", 20], ["empty polls", 1]))).toEqual(
      figures(["ours", 20], ["empty polls", 1]),
    );
  });

  test("are explained in the section when one of them misses the goal", () => {
    const result = { ...joinRuns(run(0.3), run(0.5)), reason: "Signing hashes." };
    expect(section({ title: "A URL", result })).toContain(
      "**Missed by 25 %:** a URL is 0.300 and 0.500 × plain, the goal ≤ 0.4.\n\nSigning hashes.",
    );
  });
});

describe("a row of the benchmark fails", () => {
  test("when it measured nothing", () => {
    expect(() => checkResult("drain", { ...run(1), goals: [] })).toThrow(
      "The row drain measured nothing",
    );
  });

  test("when a goal or a figure is no finite number", () => {
    expect(() => checkResult("drain", run(0 / 0))).toThrow("The row drain measured NaN");
    expect(() => checkResult("drain", run(1, [["plain", 1 / 0]]))).toThrow(
      "The row drain measured Infinity, which is no number, for: plain",
    );
  });
});

import type { Result } from "./result.ts";

/**
 * One result of two runs of a row. Each goal keeps both values. Figures are means, or those of the second run where
 * the runs have other lines. Words, and what can still be profiled, are the second run's.
 */
export function joinRuns(first: Result, second: Result): Result {
  if (first.goals.length !== second.goals.length)
    throw new Error("Both runs of a row must have the same goals");
  return {
    ...second,
    goals: second.goals.map((goal, index) => {
      const runs = [first.goals[index]!.actual, goal.actual];
      return { ...goal, actual: mean(runs), runs };
    }),
    figures: haveSameLines(first.figures, second.figures)
      ? second.figures.map((cells, line) =>
          cells.map((cell, column) =>
            typeof cell === "number" ? mean([first.figures[line]![column] as number, cell]) : cell,
          ),
        )
      : second.figures,
  };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether two tables differ in their numbers only. */
function haveSameLines(one: Result["figures"], other: Result["figures"]): boolean {
  const words = (figures: Result["figures"]) =>
    JSON.stringify(figures.map((cells) => cells.map((cell) => typeof cell === "string" && cell)));
  return words(one) === words(other);
}

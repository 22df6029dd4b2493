import { answersInFront, errorMeanings } from "@keepsake/contract/errorMeanings";
import { type ErrorCode, statuses } from "@keepsake/contract/errors";

/** The errors of the API, by status and then by code, as cells in Markdown. */
export function errorRows(): string[][] {
  const codes = Object.keys(statuses) as ErrorCode[];
  return codes
    .toSorted((a, b) => statuses[a] - statuses[b] || a.localeCompare(b))
    .map((code) => {
      const { meaning, advice, again } = errorMeanings[code];
      return [String(statuses[code]), `\`${code}\``, meaning, advice, again];
    });
}

/** The errors of what is in front of the functions. */
export const frontRows = () =>
  Object.entries(answersInFront).map(([status, { meaning, advice }]) => [status, meaning, advice]);

export const errorColumns = ["status", "code", "meaning", "what to do", "again?"];
export const frontColumns = ["status", "meaning", "what to do"];

/** What stands above the tables, a paragraph each, in Markdown. */
export const aboutErrors = [
  'An error is `{"error": {"code", "message", "details", "request_id"}}`. Programs decide by `code`, which never changes its meaning; `message` is one sentence for people, and may change. `request_id` finds the request in the logs. Later releases add codes: treat one that you do not know by its status.',
  "**again?** says whether the request may be sent again. `changed`: the same request gets the same answer, a changed one may not. `later`: the same request may succeed, after the seconds of `retry-after` where the answer has it, and after 1, 2, 4 … seconds where it has not. `no`: nothing is left to do with what the request names. The typed client sends a request that is safe to repeat up to 3 times for a 429 or 503 that asks for at most 10 s.",
];

export const aboutFront =
  'API Gateway and Lambda answer some requests before a function of Keepsake runs, with `{"message"}` and without a code:';

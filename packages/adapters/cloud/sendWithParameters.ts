/** What the driver's types do not show of a query when it is sent. `types` has 0 where Postgres is to infer one. */
type BuiltQuery = { parameters: unknown[]; statement: { types: number[] } };

/**
 * Sends the parameters of a query with its text. Of a query that it does not prepare, the driver first sends the
 * text and waits for the types that Postgres infers, which takes a round trip more. It needs them only to write an
 * object or an array of no stated type: then it still asks. A string is sent as it is, so JSON takes `sql.json` or
 * a cast from text.
 */
export function sendWithParameters(query: object): void {
  let asks: boolean | undefined;
  Object.defineProperty(query, "describeFirst", {
    get: () => (asks ??= needsTypes(query as BuiltQuery)),
    set(isWanted: boolean) {
      if (!isWanted) asks = false;
    },
  });
}

const needsTypes = ({ parameters, statement: { types } }: BuiltQuery) =>
  parameters.some((value, index) => typeof value === "object" && value !== null && !types[index]);

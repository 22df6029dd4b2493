/**
 * Yields each object of a JSON list as soon as its closing brace arrives; undefined for one that is not
 * valid JSON. Text around the list and the key it is under are ignored: models add reasoning,
 * explanations and Markdown. The AI SDK's `Output.array` takes only a bare `{"elements": […]}` and holds
 * each element back until the next one begins.
 */
export async function* jsonObjects(chunks: AsyncIterable<string>): AsyncGenerator<unknown> {
  let object = "";
  let depth = 0;
  let lastChar = "";
  let state: "outside" | "list" | "string" | "escape" = "outside";
  for await (const chunk of chunks)
    for (const char of chunk) {
      if (state === "outside") {
        if (lastChar === "[" && char === "{") state = "list";
        else if (char.trim() !== "") lastChar = char;
      }
      if (state === "outside") continue;

      if (depth > 0 || char === "{") object += char;
      if (state === "escape") state = "string";
      else if (state === "string") {
        if (char === "\\") state = "escape";
        if (char === '"') state = "list";
      } else if (char === '"') state = "string";
      else if (char === "{" || char === "[") depth += 1;
      else if (char === "}" || char === "]") {
        depth -= 1;
        if (depth === 0) {
          yield parse(object);
          object = "";
        }
        if (depth < 0) {
          state = "outside";
          lastChar = "";
          depth = 0;
        }
      }
    }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

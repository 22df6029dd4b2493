import type { TestStack } from "./stack.ts";

/** What both servers answer to a caller that they accept: the stream is sent a body without fields. */
export const accepted = ["200", "422 input.invalid"];

/** Status and error code with which the API and the stream answer these headers. */
export async function answers(
  { api, stream }: Pick<TestStack, "api" | "stream">,
  headers: Record<string, string>,
): Promise<string[]> {
  const responses = await Promise.all([
    fetch(`${api}/worlds`, { headers }),
    fetch(stream, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: "{}",
    }),
  ]);
  return Promise.all(
    responses.map(async (response) => {
      const { error } = (await response.json()) as { error?: { code: string } };
      return [response.status, error?.code].filter(Boolean).join(" ");
    }),
  );
}

export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

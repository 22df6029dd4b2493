import { type Client, createClient } from "@keepsake/client";
import type { Sql } from "postgres";
import type { TestStack } from "../../support/stack.ts";

/** Clients whose responses are checked: every public URL is fetched as soon as it is received. */
export function observedClients() {
  /** Callers by the id of each piece in a response that they received. */
  const callers = new Map<string, string>();
  const brokenUrls: string[] = [];

  return {
    client(stack: TestStack, sub: string): Client {
      return createClient({
        baseUrl: stack.api,
        token: () => stack.issuer.sign(sub),
        async fetch(...request) {
          const response = await fetch(...request);
          const text = await response.clone().text();
          for (const [url] of text.matchAll(new RegExp(`${stack.cdn}/[^"]+`, "g")))
            if ((await fetch(url)).status !== 200)
              brokenUrls.push(`${sub}: received a URL without bytes`);
          for (const [, piece_id] of text.matchAll(/"piece_id":"([^"]+)"/g))
            callers.set(piece_id!, sub);
          return withoutDelay(response);
        },
      });
    },
    /** A sentence for each URL that did not respond with 200. */
    brokenUrls: (): readonly string[] => brokenUrls,
    /** A sentence for each piece that was in a response and has no row. */
    async missingPieces(sql: Sql): Promise<string[]> {
      const rows = await sql<{ piece_id: string }[]>`select piece_id from lore_pieces`;
      const existing = new Set(rows.map(({ piece_id }) => piece_id));
      return [...callers]
        .filter(([piece_id]) => !existing.has(piece_id))
        .map(([, sub]) => `${sub}: received a piece that does not exist`);
    },
    forgetPieces: () => callers.clear(),
  };
}

/** The API asks for a pause before a request is repeated: here nothing recovers meanwhile. */
function withoutDelay({ body, status, headers }: Response): Response {
  const kept = new Headers(headers);
  kept.delete("retry-after");
  return new Response(body, { status, headers: kept });
}

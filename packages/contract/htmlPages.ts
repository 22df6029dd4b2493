/**
 * Pages of HTML at the API's origin, for people in a browser: the key is the name of the file in `functions/`. They are not
 * operations of the API, so OpenAPI does not describe them and the client does not call them. Each path answers GET
 * and HEAD. This file imports nothing, so that infra can import it.
 */
export const pages = {
  docs: ["/docs", "/docs/{file}"],
  worldPage: ["/w/{page_id}"],
} as const satisfies Record<string, readonly `/${string}`[]>;

export type PageName = keyof typeof pages;

export type Fault = (send: () => Promise<Response>) => Promise<Response>;

/** A `fetch` whose first calls have these faults, and the number of its calls. */
export const faultyFetch = (...faults: (Fault | undefined)[]) => faultyFetchOf(/./, ...faults);

/** The same for the requests alone whose path matches; others are sent as they are, and not counted. */
export function faultyFetchOf(path: RegExp, ...faults: (Fault | undefined)[]) {
  let sent = 0;
  const faulty: typeof fetch = (url, init) => {
    const send = () => fetch(url, init);
    if (!path.test(new URL(String(url)).pathname)) return send();
    const fault = faults[sent++];
    return fault ? fault(send) : send();
  };
  return { fetch: faulty, sent: () => sent };
}

export const connectionFails: Fault = () => Promise.reject(new TypeError("fetch failed"));

export const responseLost: Fault = async (send) => {
  await send();
  throw new TypeError("fetch failed");
};

/** The connection fails in the middle of the response's body. */
export const responseCut: Fault = async (send) => {
  const response = await send();
  const bytes = new Uint8Array(await response.arrayBuffer());
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length / 2)),
    pull: (controller) => controller.error(new TypeError("terminated")),
  });
  return new Response(body, response);
};

/** The response ends early, and nothing shows it but its JSON. */
export const responseShortened: Fault = async (send) => {
  const response = await send();
  const text = await response.text();
  return new Response(text.slice(0, text.length / 2), response);
};

export const respondsWith =
  (status: number, body = "", headers: Record<string, string> = {}): Fault =>
  async () =>
    new Response(body, { status, headers });

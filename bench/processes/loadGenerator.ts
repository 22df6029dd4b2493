import { Agent, request } from "node:http";
import { handleCalls } from "../support/forkedProcess.ts";

type Load = {
  url: string;
  method: string;
  body?: string;
  /** Each request uses the next of these, in turn. */
  headers: Record<string, string>[];
  connections: number;
  seconds: number;
};

/** A client that sends requests as fast as they are answered, over kept-alive connections. */
handleCalls({
  async load({ url, method, body, headers, connections, seconds }: Load) {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const started = performance.now();
    let sent = 0;
    let count = 0;
    const send = () =>
      new Promise<void>((resolve, reject) => {
        const own = headers[sent % headers.length]!;
        sent += 1;
        const outgoing = request(url, { method, agent, headers: own }, (response) => {
          let text = "";
          response.on("data", (chunk) => {
            text += chunk;
          });
          response.on("end", () => {
            count += 1;
            if (response.statusCode! < 300) resolve();
            else reject(new Error(`${response.statusCode} ${text}`));
          });
        });
        outgoing.on("error", reject);
        outgoing.end(body);
      });
    const connection = async () => {
      while (performance.now() - started < seconds * 1_000) await send();
    };
    await Promise.all(Array.from({ length: connections }, connection));
    agent.destroy();
    return { count, seconds: (performance.now() - started) / 1_000 };
  },
});

import { Agent, request } from "node:http";
import { serve } from "../support/childProcess.ts";

type Load = {
  url: string;
  method: string;
  body?: string;
  /** One of these with each request, in turn. */
  headers: Record<string, string>[];
  connections: number;
  seconds: number;
};

/** A client that asks as fast as it is answered, over as many kept connections. */
serve({
  async load({ url, method, body, headers, connections, seconds }: Load) {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const started = performance.now();
    let asked = 0;
    let answered = 0;
    const ask = () =>
      new Promise<void>((resolve, reject) => {
        const own = headers[asked % headers.length]!;
        asked += 1;
        const outgoing = request(url, { method, agent, headers: own }, (response) => {
          let said = "";
          response.on("data", (chunk) => {
            said += chunk;
          });
          response.on("end", () => {
            answered += 1;
            if (response.statusCode! < 300) resolve();
            else reject(new Error(`${response.statusCode} ${said}`));
          });
        });
        outgoing.on("error", reject);
        outgoing.end(body);
      });
    const connection = async () => {
      while (performance.now() - started < seconds * 1_000) await ask();
    };
    await Promise.all(Array.from({ length: connections }, connection));
    agent.destroy();
    return { answered, seconds: (performance.now() - started) / 1_000 };
  },
});

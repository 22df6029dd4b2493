import { setTimeout as sleep } from "node:timers/promises";
import { type HostedCall, hostedModels, type Output, outputUrl } from "./hostedModels.ts";
import { sendJson } from "./openai/sendResponse.ts";

export type ReplicatePlan = {
  output?: Output | undefined;
  /** `one`: the output is a URL; a list of URLs by default. */
  form?: "list" | "one" | "empty" | undefined;
  /** How a prediction ends. */
  ends?: "succeeded" | "failed" | "nsfw" | "canceled" | "aborted" | "never" | undefined;
  /** How often a prediction is read before it ends; 0: the first answer has its output. */
  polls?: number | undefined;
  /** Statuses of the first submissions, or of the first reads. */
  submissions?: number[] | undefined;
  reads?: number[] | undefined;
  retryAfter?: "header" | "text" | undefined;
  retryAfterSeconds?: number | undefined;
  /** How long a submission takes. */
  slowMs?: number | undefined;
  /** What the URLs of a prediction begin with, when it is not the stand-in's address. */
  urls?: string | undefined;
};

type Prediction = { id: string; reads: number; isCancelled: boolean };

/**
 * Replicate's API on 127.0.0.1, as https://replicate.com/docs/reference/http describes it: predictions of a model
 * or a version, their progress, and cancelling them.
 */
export async function replicateApi() {
  let plan: ReplicatePlan = {};
  let turns = { submissions: 0, reads: 0 };
  const predictions = new Map<string, Prediction>();

  const server = await hostedModels(`Bearer ${apiKey}`, async ({ call, response, origin }) => {
    const [, id, action] = /^\/v1\/predictions\/(\w+)(\/cancel)?$/.exec(call.path) ?? [];
    const prediction = predictions.get(id ?? "");
    if (prediction && call.method === "POST" && action) {
      prediction.isCancelled = true;
      return sendJson(response, 200, await described(prediction, call, origin));
    }
    if (prediction && call.method === "GET" && !action) {
      const status = plan.reads?.[turns.reads++];
      if (status) return fail(response, status);
      prediction.reads += 1;
      return sendJson(response, 200, await described(prediction, call, origin));
    }
    if (call.path === "/v1/account")
      return sendJson(response, 200, { type: "user", username: "alice", name: "Alice" });
    if (/^\/v1\/models\/black-forest-labs\/[\w-]+$/.test(call.path))
      return sendJson(response, 200, { url: "https://replicate.com/black-forest-labs" });
    if (!/^\/v1(\/models\/[\w-]+\/[\w.-]+)?\/predictions$/.test(call.path))
      return fail(response, 404);
    const status = plan.submissions?.[turns.submissions++];
    if (status) return fail(response, status);
    const created = { id: `p${predictions.size}rm`, reads: 0, isCancelled: false };
    predictions.set(created.id, created);
    await sleep(plan.slowMs ?? 0);
    return sendJson(response, 201, await described(created, call, origin));
  });

  return {
    ...server,
    apiKey,
    baseUrl: `${server.origin}/v1`,
    cancelled: () => [...predictions.values()].filter(({ isCancelled }) => isCancelled).length,
    plan(next: ReplicatePlan) {
      plan = next;
      turns = { submissions: 0, reads: 0 };
      predictions.clear();
      server.calls.length = 0;
      server.files.length = 0;
    },
  };

  async function described(
    { id, reads, isCancelled }: Prediction,
    call: HostedCall,
    origin: string,
  ) {
    const isOver = reads >= (plan.polls ?? 0) && plan.ends !== "never";
    const ended = plan.ends === "nsfw" ? "failed" : (plan.ends ?? "succeeded");
    const status = isCancelled ? "canceled" : isOver ? ended : reads ? "processing" : "starting";
    const url = await outputUrl(origin, plan.output);
    const outputs = { list: [url, url], one: url, empty: [] };
    const error =
      plan.ends === "nsfw"
        ? "NSFW content detected. Try running it again, or try a different prompt."
        : `CUDA out of memory for ${apiKey}`;
    const urls = plan.urls ?? `${origin}/v1`;
    return {
      id,
      status,
      model: "black-forest-labs/flux-schnell",
      version: "hidden",
      input: call.body.input,
      output: status === "succeeded" ? outputs[plan.form ?? "list"] : null,
      error: status === "failed" ? error : null,
      logs: "",
      urls: { get: `${urls}/predictions/${id}`, cancel: `${urls}/predictions/${id}/cancel` },
    };
  }

  function fail(response: Parameters<typeof sendJson>[0], status: number) {
    const { retryAfter = "header", retryAfterSeconds = 0 } = plan;
    if (retryAfter === "header") response.setHeader("retry-after", retryAfterSeconds);
    const inText = `Request was throttled. Your rate limit resets in ~${retryAfterSeconds}s.`;
    sendJson(response, status, {
      title: "Unsuccessful",
      status,
      detail: status === 429 ? inText : `Not accepted: ${apiKey}`,
    });
  }
}

const apiKey = "r8_test_secret_key";

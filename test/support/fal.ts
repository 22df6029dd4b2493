import { setTimeout as sleep } from "node:timers/promises";
import { hostedModels, type Output, outputUrl } from "./hostedModels.ts";
import { sendJson } from "./openai/sendResponse.ts";

export type FalPlan = {
  output?: Output | undefined;
  /** `sync`: the answer to the submission is the result, as of https://fal.run. */
  api?: "queue" | "sync" | undefined;
  form?: "images" | "image" | "none" | undefined;
  isNsfw?: boolean | undefined;
  /** How often the status is read before the request is complete; Infinity: never. */
  polls?: number | undefined;
  submissions?: number[] | undefined;
  reads?: number[] | undefined;
  /** The status of the result, with its error. */
  result?: keyof typeof errors | undefined;
  retryAfterSeconds?: number | undefined;
  slowMs?: number | undefined;
  /** What the URLs of a request begin with, when it is not the stand-in's address. */
  urls?: string | undefined;
};

/** The queue that https://fal.ai/docs/documentation/model-apis/inference/queue describes, on 127.0.0.1. */
export async function falApi() {
  let plan: FalPlan = {};
  let turns = { submissions: 0, reads: 0, cancelled: 0 };

  const server = await hostedModels(`Key ${apiKey}`, async ({ call, response, origin }) => {
    const [, app, id, action] =
      /^\/([\w-]+\/[\w-]+)\/requests\/([\w-]+)(\/status|\/cancel)?$/.exec(call.path) ?? [];
    if (action === "/cancel" && call.method === "PUT") {
      turns.cancelled += 1;
      return sendJson(response, 202, { status: "CANCELLATION_REQUESTED" });
    }
    if (action === "/status") {
      const status = plan.reads?.[turns.reads];
      turns.reads += 1;
      if (status) return fail(status);
      const isOver = turns.reads > (plan.polls ?? 0);
      const state = isOver ? "COMPLETED" : turns.reads > 1 ? "IN_PROGRESS" : "IN_QUEUE";
      return sendJson(response, isOver ? 200 : 202, { status: state, ...urls(app!, id!) });
    }
    if (id && call.method === "GET") return result();
    const status = plan.submissions?.[turns.submissions++];
    if (status) return fail(status);
    await sleep(plan.slowMs ?? 0);
    if (plan.api === "sync") return result();
    // the URLs of a request name the app, without the path of the model
    const [, owner, name] = call.path.split("/");
    const { request_id, ...rest } = urls(`${owner}/${name}`, "764cabcf-b745-4b3e-ae38");
    return sendJson(response, 200, { request_id, status: "IN_QUEUE", queue_position: 0, ...rest });

    function urls(application: string, request_id: string) {
      const base = `${plan.urls ?? origin}/${application}/requests/${request_id}`;
      return {
        request_id,
        response_url: base,
        status_url: `${base}/status`,
        cancel_url: `${base}/cancel`,
      };
    }

    async function result() {
      if (plan.result) {
        const { status, body } = errors[plan.result];
        return sendJson(response, status, body);
      }
      const image = {
        url: await outputUrl(origin, plan.output),
        content_type: "image/png",
        width: 256,
        height: 256,
      };
      const forms = { images: { images: [image] }, image: { image }, none: { images: [] } };
      return sendJson(response, 200, {
        ...forms[plan.form ?? "images"],
        timings: { inference: 0.4 },
        seed: 7,
        has_nsfw_concepts: [plan.isNsfw ?? false],
        prompt: call.body.prompt,
      });
    }

    function fail(status: number) {
      response.setHeader("retry-after", plan.retryAfterSeconds ?? 0);
      return sendJson(response, status, {
        detail: `User is locked. Reason: Exhausted balance of ${apiKey}.`,
      });
    }
  });

  return {
    ...server,
    apiKey,
    baseUrl: server.origin,
    cancelled: () => turns.cancelled,
    plan(next: FalPlan) {
      plan = next;
      turns = { submissions: 0, reads: 0, cancelled: 0 };
      server.calls.length = 0;
      server.files.length = 0;
    },
  };
}

const apiKey = "fal-id:fal-test-secret";

/** Of a model, and of the platform: https://fal.ai/docs/documentation/model-apis/errors, /request-errors. */
const errors = {
  refused: {
    status: 422,
    body: {
      detail: [
        {
          loc: ["body", "prompt"],
          msg: `The content could not be processed with ${apiKey}`,
          type: "content_policy_violation",
        },
      ],
    },
  },
  invalid: {
    status: 422,
    body: { detail: [{ loc: ["body", "image_url"], msg: "field required", type: "missing" }] },
  },
  timeout: {
    status: 504,
    body: { detail: "Request timed out", error_type: "request_timeout" },
  },
};

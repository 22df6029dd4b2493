import { inspect } from "node:util";
import { hostedPortraitGenerator } from "@keepsake/adapters/generators/hosted/portraitGenerator";
import { portraitSettings, takesReferences } from "@keepsake/contract/portraitProviders";
import type { PortraitRequest } from "@keepsake/core/ports";
import sharp from "sharp";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { falApi } from "../support/fal.ts";
import { png } from "../support/images.ts";
import { replicateApi } from "../support/replicate.ts";

const [replicate, fal] = await Promise.all([replicateApi(), falApi()]);
afterAll(() => Promise.all([replicate.stop(), fal.stop()]));
beforeEach(() => {
  replicate.plan({});
  fal.plan({});
});

describe("portraits by Replicate", () => {
  test("are a prediction of the default model, which is dropped after the deadline", async () => {
    expect(await format(generator("replicate").generate(character, request))).toBe("png");
    const [call, ...others] = replicate.calls;
    expect(call).toMatchObject({
      method: "POST",
      path: "/v1/models/black-forest-labs/flux-schnell/predictions",
      headers: { prefer: "wait=5", "cancel-after": "120s" },
      body: {
        input: {
          prompt: expect.stringMatching(/head-and-shoulders.*Grey eyes.*norse.*No text/s),
          aspect_ratio: "1:1",
          output_format: "png",
        },
      },
    });
    expect(others).toEqual([]);
    expect(replicate.files).toEqual([undefined]); // the key is not sent with the download
  });

  test("are a prediction of a version when the model names one", async () => {
    const AI_PORTRAIT_MODEL = "stability-ai/sdxl:39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea";
    await generator("replicate", { AI_PORTRAIT_MODEL }).generate(character, request);
    expect(replicate.calls[0]).toMatchObject({
      path: "/v1/predictions",
      body: {
        version: "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea",
        input: { prompt: expect.any(String) },
      },
    });
  });

  test.for([
    ["in a list", { form: "list" }],
    ["as one URL", { form: "one" }],
    ["as a data URI", { output: "data" }],
    ["after the prediction was read several times", { polls: 3 }],
    ["although reading it failed for a moment", { polls: 1, reads: [500, 429] }],
    ["although its file was not there at once", { output: "busy" }],
  ] as const)("arrive %s", async ([, plan]) => {
    replicate.plan(structuredClone(plan) as object);
    expect(await format(generator("replicate").generate(character, request))).toBe("png");
    expect(replicate.cancelled()).toBe(0);
  });

  test.for([
    ["failed", { ends: "failed" }, "failed", "Replicate: the prediction failed"],
    ["failed for its content", { ends: "nsfw", polls: 1 }, "refused", "for its content"],
    ["was cancelled", { ends: "canceled" }, "timeout", "the prediction is canceled"],
    ["did not start in time", { ends: "aborted" }, "timeout", "the prediction is aborted"],
    ["has no output", { form: "empty" }, "failed", "has no output"],
    ["needs another key", { submissions: [401] }, "failed", "Replicate: HTTP 401"],
    ["needs credit", { submissions: [402] }, "failed", "Replicate: HTTP 402"],
    ["has an input that is not valid", { submissions: [422] }, "failed", "Replicate: HTTP 422"],
  ] as const)("fail with a reason when the prediction %s", async ([, plan, reason, cause]) => {
    replicate.plan(structuredClone(plan) as object);
    await expectFailure(generator("replicate").generate(character, request), reason, cause);
    expect(replicate.cancelled()).toBe(0);
  });

  test("are not tried again when the account has to wait for more than 10 s", async () => {
    for (const retryAfter of ["header", "text"] as const) {
      replicate.plan({ submissions: [429], retryAfter, retryAfterSeconds: 30 });
      await expectFailure(
        generator("replicate").generate(character, request),
        "failed",
        "Replicate: HTTP 429",
      );
      expect(replicate.calls).toHaveLength(1);
    }
    replicate.plan({ submissions: [429], retryAfter: "text", retryAfterSeconds: 1 });
    await generator("replicate").generate(character, request);
    expect(replicate.calls).toHaveLength(2);
  });

  test("are not requested twice when it is unknown whether the first was taken", async () => {
    for (const status of [500, 503]) {
      replicate.plan({ submissions: [status], retryAfter: status === 503 ? "text" : "header" });
      const portrait = generator("replicate").generate(character, request);
      await expectFailure(portrait, "failed", `HTTP ${status}`);
      expect(replicate.calls).toHaveLength(1);
    }
    replicate.plan({ submissions: [503], retryAfter: "header" });
    await generator("replicate").generate(character, request);
    expect(replicate.calls).toHaveLength(2);
  });

  test("are cancelled when the caller is gone, and when the deadline has passed", async () => {
    replicate.plan({ ends: "never" });
    const signal = AbortSignal.timeout(100);
    const abandoned = generator("replicate").generate(character, { ...request, signal });
    await expectFailure(abandoned, "timeout");
    await vi.waitFor(() => expect(replicate.cancelled()).toBe(1));

    replicate.plan({ ends: "never" });
    const late = generator("replicate", {}, { deadlineMs: 200 }).generate(character, request);
    await expectFailure(late, "timeout");
    await vi.waitFor(() => expect(replicate.cancelled()).toBe(1));
  });

  test("are dropped by the provider when the caller's time is over, also when they are not cancelled", async () => {
    const endsAt = Date.now() + 25_000;
    await generator("replicate").generate(character, { ...request, endsAt });
    await generator("fal").generate(character, { ...request, endsAt });
    expect(replicate.calls[0]?.headers["cancel-after"]).toBe("25s");
    expect(fal.calls[0]?.headers["x-fal-request-timeout"]).toMatch(/^2[345]$/);
  });

  test("are cancelled when the caller is gone before the prediction has an id", async () => {
    replicate.plan({ ends: "never", slowMs: 300 });
    const signal = AbortSignal.timeout(100);
    const startedAt = Date.now();
    const abandoned = generator("replicate").generate(character, { ...request, signal });
    await expectFailure(abandoned, "timeout");
    expect(Date.now() - startedAt).toBeLessThan(290);
    await vi.waitFor(() => expect(replicate.cancelled()).toBe(1));
  });

  test("are cancelled when the provider forbids to read them", async () => {
    replicate.plan({ polls: 1, reads: [403] });
    await expectFailure(generator("replicate").generate(character, request), "failed", "HTTP 403");
    await vi.waitFor(() => expect(replicate.cancelled()).toBe(1));
  });

  test("are not read from another host, to which the key would go", async () => {
    const foreign = [
      "https://api.example.com/v1",
      "https://api.replicate.com.example.com/v1",
      "https://api.replicate.com@example.com/v1",
    ];
    for (const urls of foreign) {
      replicate.plan({ polls: 1, urls });
      await expectFailure(
        generator("replicate").generate(character, request),
        "failed",
        "names a URL of another host",
      );
    }
  });
});

describe("portraits by fal", () => {
  test("wait in the queue for the default model", async () => {
    fal.plan({ polls: 2 });
    expect(await format(generator("fal").generate(character, request))).toBe("png");
    expect(fal.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /fal-ai/flux/schnell",
      "GET /fal-ai/flux/requests/764cabcf-b745-4b3e-ae38/status",
      "GET /fal-ai/flux/requests/764cabcf-b745-4b3e-ae38/status",
      "GET /fal-ai/flux/requests/764cabcf-b745-4b3e-ae38/status",
      "GET /fal-ai/flux/requests/764cabcf-b745-4b3e-ae38",
    ]);
    expect(fal.calls[0]).toMatchObject({
      headers: { "x-fal-request-timeout": "120" },
      body: {
        prompt: expect.stringContaining("Grey eyes"),
        image_size: "square_hd",
        num_images: 1,
      },
    });
    expect(fal.files).toEqual([undefined]);
  });

  test.for([
    ["in a list", { form: "images" }],
    ["as one image", { form: "image" }],
    ["as a data URI", { output: "data" }],
    ["in the answer of the synchronous API", { api: "sync" }],
    ["although reading the status failed for a moment", { polls: 1, reads: [500, 503] }],
    ["after a 429 with a short retry-after", { submissions: [429] }],
  ] as const)("arrive %s", async ([, plan]) => {
    fal.plan(structuredClone(plan) as object);
    expect(await format(generator("fal").generate(character, request))).toBe("png");
    expect(fal.cancelled()).toBe(0);
  });

  test.for([
    ["the safety checker made it black", { isNsfw: true }, "refused", "safety checker"],
    ["the model refuses", { result: "refused" }, "refused", "422 content_policy_violation"],
    ["the model rejects the input", { result: "invalid" }, "failed", "fal: HTTP 422 missing"],
    ["it took too long there", { result: "timeout" }, "timeout", "504 request_timeout"],
    ["there is no image", { form: "none" }, "failed", "there is no image"],
    ["the account has no balance", { submissions: [403] }, "failed", "fal: HTTP 403"],
  ] as const)("fail with a reason when %s", async ([, plan, reason, cause]) => {
    for (const api of ["queue", "sync"] as const) {
      fal.plan({ ...(structuredClone(plan) as object), api });
      await expectFailure(generator("fal").generate(character, request), reason, cause);
    }
  });

  test("are cancelled when the caller is gone", async () => {
    fal.plan({ polls: Number.POSITIVE_INFINITY });
    const signal = AbortSignal.timeout(100);
    await expectFailure(generator("fal").generate(character, { ...request, signal }), "timeout");
    await vi.waitFor(() => expect(fal.cancelled()).toBe(1));
  });
});

describe("portraits through a proxy that leaves answers as they are", () => {
  test("are read and cancelled there", async () => {
    const signal = () => AbortSignal.timeout(300);
    replicate.plan({ polls: 1, urls: "https://api.replicate.com/v1" });
    expect(await format(generator("replicate").generate(character, request))).toBe("png");
    replicate.plan({ ends: "never", urls: "https://api.replicate.com/v1" });
    const abandoned = generator("replicate").generate(character, { ...request, signal: signal() });
    await expectFailure(abandoned, "timeout");
    await vi.waitFor(() => expect(replicate.cancelled()).toBe(1));

    fal.plan({ polls: 1, urls: "https://queue.fal.run" });
    expect(await format(generator("fal").generate(character, request))).toBe("png");
    fal.plan({ polls: Number.POSITIVE_INFINITY, urls: "https://queue.fal.run" });
    const late = generator("fal").generate(character, { ...request, signal: signal() });
    await expectFailure(late, "timeout");
    await vi.waitFor(() => expect(fal.cancelled()).toBe(1));
  });
});

describe.each(["replicate", "fal"] as const)("a picture that %s answers with", (name) => {
  test.for([
    ["is on another host", "foreign", "is not on a host of the provider"],
    ["is on a private address", "private", "is not on a host of the provider"],
    ["has expired", "gone", "is not there: 404"],
    ["is a redirect", "redirect", "is a redirect"],
    ["is not an image", "text", "is not an image"],
  ] as const)("is no portrait when it %s", async ([, output, cause]) => {
    (name === "replicate" ? replicate : fal).plan({ output });
    await expectFailure(generator(name).generate(character, request), "failed", cause);
  });
});

describe("a reference", () => {
  const reference = async () => ({ ...request, reference: await png(64, "#5c2d91") });

  test("goes as a data URI to the provider's model for references", async () => {
    await generator("replicate").generate(character, await reference());
    expect(replicate.calls[0]).toMatchObject({
      path: "/v1/models/black-forest-labs/flux-kontext-pro/predictions",
      body: { input: { input_image: expect.stringMatching(/^data:image\/png;base64,iVBOR/) } },
    });
    await generator("fal").generate(character, await reference());
    expect(fal.calls[0]).toMatchObject({
      path: "/fal-ai/flux-pro/kontext",
      body: { image_url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) },
    });
  });

  test("goes where the settings say, also into a list", async () => {
    const settings = {
      AI_REFERENCE_MODEL: "google/nano-banana",
      AI_REFERENCE_INPUT: '{"prompt": "{prompt}", "image_input": ["{image}"], "n": 1}',
    };
    await generator("replicate", settings).generate(character, await reference());
    expect(replicate.calls[0]).toMatchObject({
      path: "/v1/models/google/nano-banana/predictions",
      body: {
        input: {
          prompt: expect.stringContaining("still recognisable"),
          image_input: [expect.stringMatching(/^data:image\/png;base64,/)],
          n: 1,
        },
      },
    });
  });

  test("is not supported when it is off, or when its model does not take it", async () => {
    const off = generator("fal", { AI_REFERENCE_MODEL: "off" });
    await expectFailure(off.generate(character, await reference()), "no_references");
    expect(fal.calls).toEqual([]);
    fal.plan({ result: "invalid" });
    await expectFailure(generator("fal").generate(character, await reference()), "no_references");
  });
});

describe("the settings of portraits", () => {
  test("name no provider unless one is set", () => {
    expect(portraitSettings({}).provider).toBe("");
    expect(portraitSettings({ AI_PORTRAIT_PROVIDER: "" }).provider).toBe("");
  });

  test("say whether portraits take a reference image, which Studio then offers", () => {
    const takes = (env: Record<string, string>) =>
      takesReferences(portraitSettings(env), env.AI_BASE_URL ?? "");
    expect(takes({})).toBe(false);
    expect(takes({ AI_BASE_URL: "https://api.openai.com/v1" })).toBe(true);
    expect(takes({ AI_PORTRAIT_PROVIDER: "fal" })).toBe(true);
    expect(takes({ AI_PORTRAIT_PROVIDER: "fal", AI_REFERENCE_MODEL: "off" })).toBe(false);
  });

  test.for([
    [{ AI_PORTRAIT_PROVIDER: "midjourney" }, "must be one of replicate, fal"],
    [{ AI_PORTRAIT_PROVIDER: "fal", AI_PORTRAIT_BASE_URL: "queue.fal.run" }, "must be a URL"],
    [{ AI_PORTRAIT_PROVIDER: "fal", AI_PORTRAIT_BASE_URL: "https://a:secret@x.example" }, "a user"],
    [{ AI_PORTRAIT_PROVIDER: "fal", AI_PORTRAIT_INPUT: "{" }, '"{prompt}" as one of its values'],
    [{ AI_PORTRAIT_PROVIDER: "fal", AI_PORTRAIT_INPUT: '{"a": 1}' }, '"{prompt}"'],
    [{ AI_PORTRAIT_PROVIDER: "fal", AI_REFERENCE_INPUT: '["{image}"]' }, '"{image}"'],
  ] as const)("are rejected with what to write: %o", ([settings, message]) => {
    expect(() => portraitSettings(settings)).toThrow(message);
    expect(() => portraitSettings(settings)).not.toThrow(/secret/);
  });
});

const character = {
  name: "Ysolde Vale",
  description: "Keeps a lighthouse.",
  details: { traits: ["Patient", "Wry"], appearance: "Grey eyes and a salt-stiff coat." },
};
const request: PortraitRequest = { theme: "norse", seed: "7" };

function generator(
  name: "replicate" | "fal",
  settings: Record<string, string> = {},
  options: { deadlineMs?: number } = {},
) {
  const { baseUrl, apiKey } = name === "replicate" ? replicate : fal;
  const env = { AI_PORTRAIT_PROVIDER: name, AI_PORTRAIT_BASE_URL: baseUrl, ...settings };
  return hostedPortraitGenerator({ ...portraitSettings(env), apiKey }, options);
}

const format = async (portrait: Promise<Uint8Array>) =>
  (await sharp(await portrait).metadata()).format;

/** The reason and the log's line, and that neither holds a key, a signature or the provider's text. */
async function expectFailure(portrait: Promise<unknown>, reason: string, cause?: string) {
  const error = await portrait.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ name: "PortraitGenerationError", reason });
  if (cause) expect((error!.cause as Error).message).toContain(cause);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(
    /r8_test|fal-test|a-secret|CUDA|balance|Grey eyes/,
  );
}

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { aiCharacterGenerator } from "@keepsake/adapters/generators/ai/characterGenerator";
import { aiPortraitGenerator } from "@keepsake/adapters/generators/ai/portraitGenerator";
import { limits } from "@keepsake/contract/limits";
import type {
  CharacterGenerator,
  CharacterRequest,
  CharacterText,
  PortraitRequest,
} from "@keepsake/core/ports";
import sharp from "sharp";
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { png } from "../support/images.ts";
import { type ImageMode, openAi, type TextMode } from "../support/openai.ts";

const provider = await openAi();
afterAll(() => provider.stop());
beforeEach(() => provider.plan({}));

const { baseUrl, apiKey } = provider;
const link = { baseUrl, apiKey, textModel: "text-model-1", imageModel: "image-model-1" };
const characterGenerator = aiCharacterGenerator(link);
const portraitGenerator = aiPortraitGenerator(link);

describe("the AI character generator", () => {
  test("yields as many characters as requested, each with every field", async () => {
    const [first, ...others] = await generateCharacters({
      theme: "norse",
      count: 3,
      prompt: "A crew at sea",
    });
    expect(first).toEqual({
      name: "Ysolde Vale",
      description: expect.stringContaining("lighthouse"),
      details: {
        traits: ["Patient", "Wry", "Watchful"],
        appearance: expect.stringContaining("Grey eyes"),
        backstory: expect.stringContaining("last ship"),
        skills: ["Signals", "Mending nets", "Waiting"],
        flaw: "Answers every light.",
      },
    });
    expect(others.map(({ name }) => name)).toEqual(["Corwin Vale", "Maerith Vale"]);
  });

  test("sends a JSON schema, the author's prompt as data, and the seed as a number", async () => {
    await generateCharacters({ theme: "norse", count: 2, prompt: "A crew at sea", seed: "7" });
    await generateCharacters({ theme: "norse", count: 2, seed: "7" });
    const [first, second] = provider.calls.slice(-2).map(({ body }) => body);
    expect(first).toMatchObject({
      model: "text-model-1",
      stream: true,
      seed: second!.seed,
      response_format: {
        type: "json_schema",
        json_schema: {
          strict: true,
          schema: {
            properties: {
              elements: {
                items: {
                  required: expect.arrayContaining(["name", "traits", "appearance", "flaw"]),
                  properties: { name: { type: "string" }, traits: { type: "array" } },
                },
              },
            },
          },
        },
      },
      messages: [
        { role: "system" },
        {
          role: "user",
          content: JSON.stringify({ theme: "norse", count: 2, request: "A crew at sea" }),
        },
      ],
    });
    // Strict servers accept types only, and reject lengths, patterns and defaults.
    expect(JSON.stringify(first!.response_format)).not.toMatch(
      /minLength|maxLength|minItems|pattern/,
    );
  });

  test("yields each character as soon as it is complete", async () => {
    let yielded = 0;
    let sent = 1;
    const beforeNext = async () => {
      await vi.waitFor(() => expect(yielded).toBe(sent), 5_000);
      sent += 1;
    };
    provider.plan({ text: { beforeNext } });
    for await (const _ of characterGenerator.generate(characterRequest({ count: 3 }))) yielded += 1;

    expect([yielded, sent]).toEqual([3, 3]);
  });

  test("stops the model once there are enough characters", async () => {
    provider.plan({ text: { mode: "endless" } });
    expect(await generateCharacters({ count: 2 })).toHaveLength(2);
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("stops the model when the consumer stops reading", async () => {
    provider.plan({ text: { mode: "endless" } });
    for await (const _ of characterGenerator.generate(characterRequest({ count: 6 }))) break;
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("drops repeated names and incomplete characters", async () => {
    const { flaw: _, ...flawless } = completeCharacter("Edda");
    const elements = [
      completeCharacter("Ann"),
      completeCharacter("ANN"),
      flawless,
      { name: 7 },
      "Bo",
      completeCharacter("Cy"),
    ];
    provider.plan({ text: { elements } });
    expect((await generateCharacters({ count: 5 })).map(({ name }) => name)).toEqual(["Ann", "Cy"]);
    provider.plan({ text: { elements: [flawless, completeCharacter(" \u0000 ")] } });
    await expect(generateCharacters({ count: 5 })).rejects.toMatchObject(characterFailed);
  });

  test("keeps quotes, escapes and brackets inside strings as they are", async () => {
    const text = 'Says "]}" and “\\”, then \\" [{"name": 1}], {{[[ 🙂\ud83d';
    const quoting = { ...completeCharacter("Ann"), description: text, flaw: `${text}\\` };
    provider.plan({ text: { elements: [quoting, completeCharacter("Bo")] } });
    const [ann, bo] = await generateCharacters({ count: 2 });
    expect(ann!.description).toBe(text.toWellFormed());
    expect(ann!.details.flaw).toBe(`${text}\\`.toWellFormed());
    expect(bo!.name).toBe("Bo");
  });

  test("cuts texts and lists that are too long, and removes what JSONB rejects", async () => {
    const long = `ab\u0000 c\n\n${"🙂".repeat(10_000)}`;
    const list = [long, " ", "two", "three", "four"];
    const elements = [
      {
        name: long,
        description: `\ud83d ${long}`,
        traits: list,
        appearance: long,
        backstory: long,
        skills: list,
        flaw: long,
      },
    ];
    provider.plan({ text: { elements } });
    const [first] = await generateCharacters({ count: 1 });
    expect(first!.name.length).toBeLessThanOrEqual(limits.name_chars);
    expect(first!.description.length).toBeLessThanOrEqual(limits.description_chars);
    expect(first!.details.traits).toEqual([expect.stringMatching(/^ab c 🙂/u), "two", "three"]);
    const json = JSON.stringify(first);
    expect(json.length).toBeLessThan(limits.details_bytes / 2);
    expect(json).not.toMatch(/\\u0000|\\ud83d(?!\\)|\\n/);
    expect(json.isWellFormed()).toBe(true);
  });
});

describe("an AI server", () => {
  test.for<[string, TextMode, string[]]>([
    ["rejects JSON schemas", "no_schema", ["json_object"]],
    ["rejects every response format", "text_only", []],
    ["returns reasoning and a bare list in Markdown", "fenced", ["json_schema"]],
  ])(
    "that %s still generates, and is not sent a rejected format again",
    async ([, mode, expected]) => {
      const generator = aiCharacterGenerator(link);
      provider.plan({ text: { mode } });
      expect(await generateCharacters({ count: 3 }, generator)).toHaveLength(3);
      const before = provider.calls.length;
      expect(await generateCharacters({ count: 3 }, generator)).toHaveLength(3);
      const formats = provider.calls
        .slice(before)
        .map(({ body }) => (body.response_format as { type: string } | undefined)?.type);
      expect(formats).toEqual(expected.length > 0 ? expected : [undefined]);
    },
  );

  test("gets the key, or the login of its URL, or no credentials", async () => {
    const received: (string | undefined)[] = [];
    const { origin, stop } = await startServer((request, response) => {
      received.push(request.headers.authorization);
      response.writeHead(400).end("{}");
    });
    onTestFinished(stop);
    const withoutKey = { ...link, apiKey: "", baseUrl: origin };
    await expect(generateCharacters({}, aiCharacterGenerator(withoutKey))).rejects.toMatchObject(
      characterFailed,
    );
    const withLogin = { ...withoutKey, baseUrl: origin.replace("//", "//ann:p%40ss@") };
    await expect(generateCharacters({}, aiCharacterGenerator(withLogin))).rejects.toMatchObject(
      characterFailed,
    );
    await expect(
      generateCharacters({}, aiCharacterGenerator({ ...withLogin, apiKey })),
    ).rejects.toMatchObject(characterFailed);
    expect(received).toEqual([undefined, `Basic ${btoa("ann:p@ss")}`, `Bearer ${apiKey}`]);
  });

  test("with an invalid URL is rejected at creation, by an error without the URL", () => {
    const wrong = { ...link, baseUrl: "http//ann:secret@host" };
    expect(() => aiCharacterGenerator(wrong)).toThrow(/not a URL/);
    expect(() => aiPortraitGenerator(wrong)).toThrow(/^((?!secret).)*$/);
  });
});

describe("when the provider fails, the AI character generator", () => {
  test.for<[string, TextMode, object]>([
    ["the server keeps responding with 500", "fail", { reason: "failed" }],
    ["the response is an HTML page", "garbage", { reason: "failed" }],
    ["the model does not exist", "not_found", { reason: "failed" }],
    ["the server refuses", "refuse", { reason: "refused" }],
    ["the model refuses", "declined", { reason: "refused" }],
    ["the server refuses within the stream", "error_event", { reason: "refused" }],
    ["the server is busy", "busy", { reason: "busy", retryAfterSeconds: 30 }],
  ])("throws a reason: %s", async ([, mode, problem]) => {
    provider.plan({ text: { mode } });
    await expect(generateCharacters({ count: 2 })).rejects.toMatchObject({
      name: "CharacterGenerationError",
      ...problem,
    });
  });

  test("retries once after a 500, and after a 429 with a short retry-after", async () => {
    provider.plan({ text: { modes: ["fail", "ok"] } });
    expect(await generateCharacters({ count: 2 })).toHaveLength(2);
    provider.plan({ text: { modes: ["busy", "ok"], retryAfterSeconds: 1 } });
    expect(await generateCharacters({ count: 2 })).toHaveLength(2);
    const before = provider.calls.length;
    provider.plan({ text: { mode: "fail" } });
    await expect(generateCharacters({ count: 2 })).rejects.toMatchObject(characterFailed);
    expect(provider.calls.length - before).toBe(2);
  });

  test("does not retry when the server is busy for longer than 10 s", async () => {
    const before = provider.calls.length;
    provider.plan({ text: { mode: "busy", retryAfterSeconds: 11 } });
    await expect(generateCharacters({})).rejects.toMatchObject({
      reason: "busy",
      retryAfterSeconds: 11,
    });
    expect(provider.calls.length - before).toBe(1);
  });

  test.for<[string, TextMode]>([
    ["the text stops inside a character", "truncated"],
    ["the server disconnects", "disconnect"],
    ["the stream stalls", "stalled"],
  ])("still yields the complete characters when %s", async ([, mode]) => {
    provider.plan({ text: { mode } });
    const characters = await generateCharacters(
      { count: 3 },
      aiCharacterGenerator(link, { deadlineMs: 300 }),
    );
    expect(characters[0]!.name).toBe("Ysolde Vale");
    expect(characters.length).toBeLessThan(3);
  });

  test("skips a stream event that is not JSON", async () => {
    provider.plan({ text: { mode: "broken_event" } });
    expect(await generateCharacters({ count: 3 })).toHaveLength(3);
  });

  test("times out when the server never responds", async () => {
    provider.plan({ text: { mode: "silent" } });
    const impatient = aiCharacterGenerator(link, { deadlineMs: 150 });
    await expect(generateCharacters({}, impatient)).rejects.toMatchObject(characterTimeout);
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("limits the time per character, not counting the consumer's own", async () => {
    provider.plan({ text: { pauseMs: 150 } });
    const names: string[] = [];
    for await (const { name } of aiCharacterGenerator(link, { deadlineMs: 500 }).generate(
      characterRequest({ count: 4 }),
    )) {
      names.push(name);
      await sleep(names.length === 1 ? 600 : 0);
    }
    expect(names).toHaveLength(4);
  });

  test("throws a timeout when the caller aborts before the request, during it or before a retry", async () => {
    await expect(generateCharacters({ signal: AbortSignal.abort() })).rejects.toMatchObject(
      characterTimeout,
    );
    provider.plan({ text: { mode: "silent" } });
    await expect(generateCharacters({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      characterTimeout,
    );
    provider.plan({ text: { mode: "busy", retryAfterSeconds: 9 } });
    await expect(generateCharacters({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject(
      characterTimeout,
    );
  });

  test("reports the network error's code when the server is unreachable", async () => {
    const { origin, stop } = await startServer(() => {});
    await stop();
    const unreachable = aiCharacterGenerator({ ...link, baseUrl: origin }, { deadlineMs: 5_000 });
    await expect(generateCharacters({}, unreachable)).rejects.toMatchObject({
      ...characterFailed,
      cause: { message: "The AI provider: ECONNREFUSED" },
    });
  });
});

describe("the AI portrait generator", () => {
  test("sends appearance, traits and theme", async () => {
    const bytes = await generatePortrait();
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 256 });
    const { path, body } = provider.calls.at(-1)!;
    expect(path).toBe("/v1/images/generations");
    expect(body).toMatchObject({ model: "image-model-1", n: 1, size: "1024x1024" });
    expect(body.prompt).toMatch(/head-and-shoulders.*Grey eyes.*Patient, Wry.*norse.*No text/s);
    // Servers reject unknown fields.
    expect(Object.keys(body).sort()).toEqual(["model", "n", "prompt", "size"]);
  });

  test("keeps the prompt under 1,000 characters", async () => {
    const long = "word ".repeat(2_000);
    await generatePortrait({ details: { traits: [long, long], appearance: long } });
    const { prompt } = provider.calls.at(-1)!.body;
    expect(String(prompt).length).toBeLessThan(1_000);
    await generatePortrait({
      description: "A tall ship's cook.",
      details: { traits: [], appearance: 7 },
    });
    expect(provider.calls.at(-1)!.body.prompt).toContain("A tall ship's cook.");
  });

  test.for<["png" | "jpeg" | "webp", [number, number]]>([
    ["png", [1024, 1024]],
    ["jpeg", [1536, 1024]],
    ["webp", [1024, 1024]],
  ])("returns the image in the model's format and size: %s of %o", async ([format, size]) => {
    provider.plan({ images: { format, size } });
    const [width, height] = size;
    expect(await sharp(await generatePortrait()).metadata()).toMatchObject({
      format,
      width,
      height,
    });
  });

  test("downloads the image when the response holds only its URL", async () => {
    provider.plan({ images: { mode: "url" } });
    expect(await sharp(await generatePortrait()).metadata()).toMatchObject({ format: "png" });
  });

  test("does not download from a private address", async () => {
    provider.plan({ images: { mode: "foreign_url" } });
    await expect(generatePortrait()).rejects.toMatchObject(portraitError("failed"));
  });

  test("sends a reference image unchanged to the edits endpoint", async () => {
    const reference = await png(64);
    const bytes = await generatePortrait({}, { reference });
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png" });
    const { path, body } = provider.calls.at(-1)!;
    expect(path).toBe("/v1/images/edits");
    expect(body).toMatchObject({ model: "image-model-1", size: "1024x1024" });
    expect(body.prompt).toMatch(/the one in the picture.*Grey eyes/s);
    expect(reference.equals(body.image as Buffer)).toBe(true);
  });
});

describe("when the provider fails, the AI portrait generator", () => {
  test.for<[ImageMode, string]>([
    ["fail", "failed"],
    ["busy", "failed"],
    ["refuse", "refused"],
    ["garbage", "failed"],
    ["not_an_image", "failed"],
    ["empty", "failed"],
    ["disconnect", "failed"],
    ["not_found", "failed"],
  ])("throws a reason: %s → %s", async ([mode, reason]) => {
    provider.plan({ images: { mode } });
    await expect(generatePortrait()).rejects.toMatchObject(portraitError(reason));
  });

  test("disconnects when the response is endless", async () => {
    provider.plan({ images: { mode: "endless" } });
    await expect(generatePortrait()).rejects.toMatchObject(portraitError("failed"));
    expect(provider.calls.at(-1)!.sentBytes).toBeLessThan(80_000_000);
  });

  test.for<ImageMode>(["no_edits", "text_to_image_only"])(
    "throws no_references only when there is a reference: %s",
    async (mode) => {
      provider.plan({ images: { mode } });
      const reference = await png(64);
      await expect(generatePortrait({}, { reference })).rejects.toMatchObject(
        portraitError("no_references"),
      );
      expect(await sharp(await generatePortrait()).metadata()).toMatchObject({ format: "png" });
    },
  );

  test("throws the same reasons when there is a reference", async () => {
    const reference = await png(64);
    provider.plan({ images: { mode: "refuse" } });
    await expect(generatePortrait({}, { reference })).rejects.toMatchObject(
      portraitError("refused"),
    );
    provider.plan({ images: { mode: "fail" } });
    await expect(generatePortrait({}, { reference })).rejects.toMatchObject(
      portraitError("failed"),
    );
  });

  test("retries once after a 500", async () => {
    provider.plan({ images: { modes: ["fail", "ok"] } });
    expect(await sharp(await generatePortrait()).metadata()).toMatchObject({ format: "png" });
  });

  test("throws a timeout after its deadline, and when the caller aborts", async () => {
    provider.plan({ images: { mode: "silent" } });
    const impatient = aiPortraitGenerator(link, { deadlineMs: 150 });
    const request = { theme: "norse", seed: "1" };
    await expect(impatient.generate(lighthouseKeeper, request)).rejects.toMatchObject(
      portraitError("timeout"),
    );
    await expect(generatePortrait({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      portraitError("timeout"),
    );
    await expect(generatePortrait({}, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      portraitError("timeout"),
    );
    provider.plan({ images: { slowMs: [5_000] } });
    await expect(generatePortrait({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      portraitError("timeout"),
    );
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });
});

describe("no error or console output holds", () => {
  const secrets = [
    apiKey,
    "p4ssword",
    "rejected as a result",
    "Oops",
    "Slow down",
    "No such model",
  ];
  const printed = vi.fn();
  const faults = [
    ...["fail", "busy", "refuse", "garbage", "silent", "disconnect", "echo", "not_found"],
    ...["declined", "error_event", "no_schema", "empty", "not_an_image", "foreign_url"],
  ];

  test.for(faults)("the key or the provider's text: %s", async (mode) => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, method).mockImplementation(printed);
    vi.spyOn(process, "emitWarning").mockImplementation(printed);
    onTestFinished(() => void vi.restoreAllMocks());
    provider.plan({ text: { mode: mode as TextMode }, images: { mode: mode as ImageMode } });

    const reference = await png(64);
    const problems = await Promise.all([
      rejection(generateCharacters({}, aiCharacterGenerator(link, { deadlineMs: 300 }))),
      rejection(
        aiPortraitGenerator(link, { deadlineMs: 300 }).generate(lighthouseKeeper, {
          theme: "x",
          seed: "1",
        }),
      ),
      rejection(
        aiPortraitGenerator(link, { deadlineMs: 300 }).generate(lighthouseKeeper, {
          theme: "x",
          seed: "1",
          reference,
        }),
      ),
    ]);
    const output = inspect([problems, printed.mock.calls], { depth: 10, showHidden: true });
    for (const secret of secrets) expect(output).not.toContain(secret);
    expect(output).not.toContain(new URL(baseUrl).host);
    expect(printed).not.toHaveBeenCalled();
  });

  test("a key that is not a valid header value, or a login in the base URL", async () => {
    const { host } = new URL(baseUrl);
    const broken = { ...link, apiKey: `${apiKey}\u0000` };
    const login = { ...link, baseUrl: `http://ann:p4ssword@${host}/v2` };
    const problems = [];
    for (const wrong of [broken, { ...login, apiKey: "" }, login]) {
      problems.push(await rejection(generateCharacters({}, aiCharacterGenerator(wrong))));
      problems.push(
        await rejection(
          aiPortraitGenerator(wrong).generate(lighthouseKeeper, { theme: "x", seed: "1" }),
        ),
      );
    }
    expect(problems.map((problem) => (problem as Error).name)).toEqual(
      Array(3).fill(["CharacterGenerationError", "PortraitGenerationError"]).flat(),
    );
    const output = inspect(problems, { depth: 10, showHidden: true });
    for (const secret of [...secrets, btoa("ann:p4ssword")]) expect(output).not.toContain(secret);
  });
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

test("generating characters leaks no memory", { timeout: 60_000 }, async () => {
  const generateMany = async (times: number) => {
    for (let n = 0; n < times; n += 1) await generateCharacters({ count: 6, seed: `${n}` });
    provider.calls.length = 0;
    await sleep(50);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await generateMany(5);
  const before = await generateMany(20);
  // what was freed may still be counted for some time; what leaked always is
  await vi.waitFor(async () => expect((await generateMany(20)) - before).toBeLessThan(3_000_000), {
    timeout: 40_000,
    interval: 100,
  });
});

const characterFailed = { name: "CharacterGenerationError", reason: "failed" };
const characterTimeout = { name: "CharacterGenerationError", reason: "timeout" };
const portraitError = (reason: string) => ({ name: "PortraitGenerationError", reason });

const lighthouseKeeper: CharacterText = {
  name: "Ysolde Vale",
  description: "Keeps a lighthouse.",
  details: { traits: ["Patient", "Wry"], appearance: "Grey eyes and a coat with one button." },
};

const completeCharacter = (name: string) => ({
  name,
  description: "A person.",
  traits: ["Calm"],
  appearance: "Tall.",
  backstory: "Came late.",
  skills: ["Rowing"],
  flaw: "Sleeps.",
});

const characterRequest = (request: Partial<CharacterRequest> = {}): CharacterRequest => ({
  theme: "norse",
  count: 3,
  seed: "1",
  ...request,
});

async function generateCharacters(
  request: Partial<CharacterRequest>,
  generator: CharacterGenerator = characterGenerator,
) {
  const characters: CharacterText[] = [];
  for await (const character of generator.generate(characterRequest(request)))
    characters.push(character);
  return characters;
}

const generatePortrait = (
  changes: Partial<CharacterText> = {},
  request: Partial<PortraitRequest> = {},
) =>
  portraitGenerator.generate(
    { ...lighthouseKeeper, ...changes },
    { theme: "norse", seed: "1", ...request },
  );

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function startServer(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { origin: `http://127.0.0.1:${port}`, stop };
}

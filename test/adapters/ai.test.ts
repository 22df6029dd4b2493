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
const link = { baseUrl, apiKey, textModel: "storyteller-1", imageModel: "painter-1" };
const characterGenerator = aiCharacterGenerator(link);
const portraitGenerator = aiPortraitGenerator(link);

describe("a story", () => {
  test("has as many characters as were asked for, each with all that makes one", async () => {
    const [first, ...others] = await tell({ theme: "norse", count: 3, prompt: "A crew at sea" });
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

  test("is asked for with a schema, the author's words as data, and the seed as a number", async () => {
    await tell({ theme: "norse", count: 2, prompt: "A crew at sea", seed: "7" });
    await tell({ theme: "norse", count: 2, seed: "7" });
    const [one, two] = provider.calls.slice(-2).map(({ body }) => body);
    expect(one).toMatchObject({
      model: "storyteller-1",
      stream: true,
      seed: two!.seed,
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
    // Strict servers know types, and refuse lengths, patterns and defaults.
    expect(JSON.stringify(one!.response_format)).not.toMatch(
      /minLength|maxLength|minItems|pattern/,
    );
  });

  test("comes one character at a time, while the next is still told", async () => {
    provider.plan({ text: { pauseMs: 200 } });
    const started = performance.now();
    const times: number[] = [];
    for await (const _ of characterGenerator.generate(story({ count: 3 })))
      times.push(performance.now() - started);

    expect(times).toHaveLength(3);
    expect(times[0]).toBeLessThan(400);
    expect(times[1]! - times[0]!).toBeGreaterThan(120);
    expect(times[2]! - times[1]!).toBeGreaterThan(80);
  });

  test("does not go on once there are enough", async () => {
    provider.plan({ text: { mode: "endless" } });
    expect(await tell({ count: 2 })).toHaveLength(2);
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("does not go on when nobody listens any more", async () => {
    provider.plan({ text: { mode: "endless" } });
    for await (const _ of characterGenerator.generate(story({ count: 6 }))) break;
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("has no name twice, and none of what is no character", async () => {
    const { flaw: _, ...flawless } = whole("Edda");
    const elements = [whole("Ann"), whole("ANN"), flawless, { name: 7 }, "Bo", whole("Cy")];
    provider.plan({ text: { elements } });
    expect((await tell({ count: 5 })).map(({ name }) => name)).toEqual(["Ann", "Cy"]);
    provider.plan({ text: { elements: [flawless, whole(" \u0000 ")] } });
    await expect(tell({ count: 5 })).rejects.toMatchObject(failed);
  });

  test("is read to the letter", async () => {
    const words = 'Says "]}" and “\\”, then \\" [{"name": 1}], {{[[ 🙂\ud83d';
    const told = { ...whole("Ann"), description: words, flaw: `${words}\\` };
    provider.plan({ text: { elements: [told, whole("Bo")] } });
    const [ann, bo] = await tell({ count: 2 });
    expect(ann!.description).toBe(words.toWellFormed());
    expect(ann!.details.flaw).toBe(`${words}\\`.toWellFormed());
    expect(bo!.name).toBe("Bo");
  });

  test("fits what is stored, however much the model says", async () => {
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
    const [sheet] = await tell({ count: 1 });
    expect(sheet!.name.length).toBeLessThanOrEqual(limits.name_chars);
    expect(sheet!.description.length).toBeLessThanOrEqual(limits.description_chars);
    expect(sheet!.details.traits).toEqual([expect.stringMatching(/^ab c 🙂/u), "two", "three"]);
    const json = JSON.stringify(sheet);
    expect(json.length).toBeLessThan(limits.details_bytes / 2);
    expect(json).not.toMatch(/\\u0000|\\ud83d(?!\\)|\\n/);
    expect(json.isWellFormed()).toBe(true);
  });
});

describe("a server with its own ways", () => {
  test.for<[string, TextMode, string[]]>([
    ["knows no schema, and is not asked for one again", "no_schema", ["json_object"]],
    ["knows no form of answer at all", "text_only", []],
    ["thinks aloud and answers with a bare list in Markdown", "fenced", ["json_schema"]],
  ])("that %s still tells", async ([, mode, form]) => {
    const own = aiCharacterGenerator(link);
    provider.plan({ text: { mode } });
    expect(await tell({ count: 3 }, own)).toHaveLength(3);
    const before = provider.calls.length;
    expect(await tell({ count: 3 }, own)).toHaveLength(3);
    const forms = provider.calls
      .slice(before)
      .map(({ body }) => (body.response_format as { type: string } | undefined)?.type);
    expect(forms).toEqual(form.length > 0 ? form : [undefined]);
  });

  test("that wants no key gets none, and a login in its place if the address has one", async () => {
    const seen: (string | undefined)[] = [];
    const { origin, stop } = await listener((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(400).end("{}");
    });
    onTestFinished(stop);
    const open = { ...link, apiKey: "", baseUrl: origin };
    await expect(tell({}, aiCharacterGenerator(open))).rejects.toMatchObject(failed);
    const login = { ...open, baseUrl: origin.replace("//", "//ann:p%40ss@") };
    await expect(tell({}, aiCharacterGenerator(login))).rejects.toMatchObject(failed);
    await expect(tell({}, aiCharacterGenerator({ ...login, apiKey }))).rejects.toMatchObject(
      failed,
    );
    expect(seen).toEqual([undefined, `Basic ${btoa("ann:p@ss")}`, `Bearer ${apiKey}`]);
  });

  test("whose address is none is found out at once, without repeating it", () => {
    const wrong = { ...link, baseUrl: "http//ann:secret@host" };
    expect(() => aiCharacterGenerator(wrong)).toThrow(/not a URL/);
    expect(() => aiPortraitGenerator(wrong)).toThrow(/^((?!secret).)*$/);
  });
});

describe("a character generator that fails", () => {
  test.for<[string, TextMode, object]>([
    ["answers 500 again and again", "fail", { reason: "failed" }],
    ["answers with a page", "garbage", { reason: "failed" }],
    ["has no such model", "not_found", { reason: "failed" }],
    ["refuses", "refuse", { reason: "refused" }],
    ["lets its model refuse", "declined", { reason: "refused" }],
    ["refuses in the middle of its answer", "error_event", { reason: "refused" }],
    ["is busy", "busy", { reason: "busy", retryAfterSeconds: 30 }],
  ])("when it %s, says why", async ([, mode, problem]) => {
    provider.plan({ text: { mode } });
    await expect(tell({ count: 2 })).rejects.toMatchObject({
      name: "CharacterGenerationError",
      ...problem,
    });
  });

  test("is asked once more after a 500, and after a 429 that is over soon", async () => {
    provider.plan({ text: { modes: ["fail", "ok"] } });
    expect(await tell({ count: 2 })).toHaveLength(2);
    provider.plan({ text: { modes: ["busy", "ok"], retryAfterSeconds: 1 } });
    expect(await tell({ count: 2 })).toHaveLength(2);
    const before = provider.calls.length;
    provider.plan({ text: { mode: "fail" } });
    await expect(tell({ count: 2 })).rejects.toMatchObject(failed);
    expect(provider.calls.length - before).toBe(2);
  });

  test("that is busy for long is not asked again", async () => {
    const before = provider.calls.length;
    provider.plan({ text: { mode: "busy", retryAfterSeconds: 11 } });
    await expect(tell({})).rejects.toMatchObject({ reason: "busy", retryAfterSeconds: 11 });
    expect(provider.calls.length - before).toBe(1);
  });

  test.for<[string, TextMode]>([
    ["stops inside a character", "truncated"],
    ["hangs up", "disconnect"],
    ["falls silent", "stalled"],
  ])("and %s leaves those it has told", async ([, mode]) => {
    provider.plan({ text: { mode } });
    const sheets = await tell({ count: 3 }, aiCharacterGenerator(link, { deadlineMs: 300 }));
    expect(sheets[0]!.name).toBe("Ysolde Vale");
    expect(sheets.length).toBeLessThan(3);
  });

  test("and sends what is no event is listened to all the same", async () => {
    provider.plan({ text: { mode: "broken_event" } });
    expect(await tell({ count: 3 })).toHaveLength(3);
  });

  test("and never answers is left after its deadline", async () => {
    provider.plan({ text: { mode: "silent" } });
    const hasty = aiCharacterGenerator(link, { deadlineMs: 150 });
    await expect(tell({}, hasty)).rejects.toMatchObject(late);
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });

  test("is given its time for each character, however long the listener takes", async () => {
    provider.plan({ text: { pauseMs: 150 } });
    const names: string[] = [];
    for await (const { name } of aiCharacterGenerator(link, { deadlineMs: 500 }).generate(
      story({ count: 4 }),
    )) {
      names.push(name);
      await sleep(names.length === 1 ? 600 : 0);
    }
    expect(names).toHaveLength(4);
  });

  test("is left by whoever is asked to stop, before, while it waits and between two calls", async () => {
    await expect(tell({ signal: AbortSignal.abort() })).rejects.toMatchObject(late);
    provider.plan({ text: { mode: "silent" } });
    await expect(tell({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject(late);
    provider.plan({ text: { mode: "busy", retryAfterSeconds: 9 } });
    await expect(tell({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject(late);
  });

  test("and cannot be reached is no more than that", async () => {
    const { origin, stop } = await listener(() => {});
    await stop();
    const nobody = aiCharacterGenerator({ ...link, baseUrl: origin }, { deadlineMs: 5_000 });
    await expect(tell({}, nobody)).rejects.toMatchObject({
      ...failed,
      cause: { message: "The AI provider: ECONNREFUSED" },
    });
  });
});

describe("a portrait", () => {
  test("is painted from looks, character and world", async () => {
    const bytes = await paint();
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 256 });
    const { path, body } = provider.calls.at(-1)!;
    expect(path).toBe("/v1/images/generations");
    expect(body).toMatchObject({ model: "painter-1", n: 1, size: "1024x1024" });
    expect(body.prompt).toMatch(/head-and-shoulders.*Grey eyes.*Patient, Wry.*norse.*No text/s);
    // Servers refuse what they do not know.
    expect(Object.keys(body).sort()).toEqual(["model", "n", "prompt", "size"]);
  });

  test("has a prompt of at most 1,000 characters, whatever the character", async () => {
    const long = "word ".repeat(2_000);
    await paint({ details: { traits: [long, long], appearance: long } });
    const { prompt } = provider.calls.at(-1)!.body;
    expect(String(prompt).length).toBeLessThan(1_000);
    await paint({ description: "A tall ship's cook.", details: { traits: [], appearance: 7 } });
    expect(provider.calls.at(-1)!.body.prompt).toContain("A tall ship's cook.");
  });

  test.for<["png" | "jpeg" | "webp", [number, number]]>([
    ["png", [1024, 1024]],
    ["jpeg", [1536, 1024]],
    ["webp", [1024, 1024]],
  ])("comes as the model paints it: %s of %o", async ([format, size]) => {
    provider.plan({ images: { format, size } });
    const [width, height] = size;
    expect(await sharp(await paint()).metadata()).toMatchObject({ format, width, height });
  });

  test("is fetched where the answer is only its address", async () => {
    provider.plan({ images: { mode: "url" } });
    expect(await sharp(await paint()).metadata()).toMatchObject({ format: "png" });
  });

  test("is not fetched from inside our own network", async () => {
    provider.plan({ images: { mode: "foreign_url" } });
    await expect(paint()).rejects.toMatchObject(unpainted("failed"));
  });

  test("can be painted after an image, which is sent as it is", async () => {
    const reference = await png(64);
    const bytes = await paint({}, { reference });
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png" });
    const { path, body } = provider.calls.at(-1)!;
    expect(path).toBe("/v1/images/edits");
    expect(body).toMatchObject({ model: "painter-1", size: "1024x1024" });
    expect(body.prompt).toMatch(/the one in the picture.*Grey eyes/s);
    expect(reference.equals(body.image as Buffer)).toBe(true);
  });
});

describe("a portrait generator that fails", () => {
  test.for<[ImageMode, string]>([
    ["fail", "failed"],
    ["busy", "failed"],
    ["refuse", "refused"],
    ["garbage", "failed"],
    ["not_an_image", "failed"],
    ["empty", "failed"],
    ["disconnect", "failed"],
    ["not_found", "failed"],
  ])("with %s says %s", async ([mode, reason]) => {
    provider.plan({ images: { mode } });
    await expect(paint()).rejects.toMatchObject(unpainted(reason));
  });

  test("by an answer without an end is not listened to for long", async () => {
    provider.plan({ images: { mode: "endless" } });
    await expect(paint()).rejects.toMatchObject(unpainted("failed"));
    expect(provider.calls.at(-1)!.sentBytes).toBeLessThan(80_000_000);
  });

  test.for<ImageMode>(["no_edits", "text_to_image_only"])(
    "only where there is a reference, says that it takes none: %s",
    async (mode) => {
      provider.plan({ images: { mode } });
      const reference = await png(64);
      await expect(paint({}, { reference })).rejects.toMatchObject(unpainted("no_references"));
      expect(await sharp(await paint()).metadata()).toMatchObject({ format: "png" });
    },
  );

  test("with a reference fails and refuses as it does without", async () => {
    const reference = await png(64);
    provider.plan({ images: { mode: "refuse" } });
    await expect(paint({}, { reference })).rejects.toMatchObject(unpainted("refused"));
    provider.plan({ images: { mode: "fail" } });
    await expect(paint({}, { reference })).rejects.toMatchObject(unpainted("failed"));
  });

  test("is asked once more after a 500", async () => {
    provider.plan({ images: { modes: ["fail", "ok"] } });
    expect(await sharp(await paint()).metadata()).toMatchObject({ format: "png" });
  });

  test("is left after its deadline, and when nobody waits any more", async () => {
    provider.plan({ images: { mode: "silent" } });
    const hasty = aiPortraitGenerator(link, { deadlineMs: 150 });
    const request = { theme: "norse", seed: "1" };
    await expect(hasty.generate(sheet, request)).rejects.toMatchObject(unpainted("timeout"));
    await expect(paint({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      unpainted("timeout"),
    );
    await expect(paint({}, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      unpainted("timeout"),
    );
    provider.plan({ images: { slowMs: [5_000] } });
    await expect(paint({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      unpainted("timeout"),
    );
    await vi.waitFor(() => expect(provider.calls.at(-1)!.disconnected).toBe(true));
  });
});

describe("no error, and nothing that is printed, holds", () => {
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

  test.for(faults)("the key or the provider's words: %s", async (mode) => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, method).mockImplementation(printed);
    vi.spyOn(process, "emitWarning").mockImplementation(printed);
    onTestFinished(() => void vi.restoreAllMocks());
    provider.plan({ text: { mode: mode as TextMode }, images: { mode: mode as ImageMode } });

    const reference = await png(64);
    const problems = await Promise.all([
      thrown(tell({}, aiCharacterGenerator(link, { deadlineMs: 300 }))),
      thrown(
        aiPortraitGenerator(link, { deadlineMs: 300 }).generate(sheet, { theme: "x", seed: "1" }),
      ),
      thrown(
        aiPortraitGenerator(link, { deadlineMs: 300 }).generate(sheet, {
          theme: "x",
          seed: "1",
          reference,
        }),
      ),
    ]);
    const said = inspect([problems, printed.mock.calls], { depth: 10, showHidden: true });
    for (const secret of secrets) expect(said).not.toContain(secret);
    expect(said).not.toContain(new URL(baseUrl).host);
    expect(printed).not.toHaveBeenCalled();
  });

  test("a key that no header takes, or a login in the address", async () => {
    const { host } = new URL(baseUrl);
    const broken = { ...link, apiKey: `${apiKey}\u0000` };
    const login = { ...link, baseUrl: `http://ann:p4ssword@${host}/v2` };
    const problems = [];
    for (const wrong of [broken, { ...login, apiKey: "" }, login]) {
      problems.push(await thrown(tell({}, aiCharacterGenerator(wrong))));
      problems.push(
        await thrown(aiPortraitGenerator(wrong).generate(sheet, { theme: "x", seed: "1" })),
      );
    }
    expect(problems.map((problem) => (problem as Error).name)).toEqual(
      Array(3).fill(["CharacterGenerationError", "PortraitGenerationError"]).flat(),
    );
    const said = inspect(problems, { depth: 10, showHidden: true });
    for (const secret of [...secrets, btoa("ann:p4ssword")]) expect(said).not.toContain(secret);
  });
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

test("stories leave no memory behind", { timeout: 60_000 }, async () => {
  const tellMany = async (stories: number) => {
    for (let n = 0; n < stories; n += 1) await tell({ count: 6, seed: `${n}` });
    provider.calls.length = 0;
    await sleep(50);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await tellMany(5);
  const before = await tellMany(20);
  const after = await tellMany(20);
  expect(after - before).toBeLessThan(3_000_000);
});

const failed = { name: "CharacterGenerationError", reason: "failed" };
const late = { name: "CharacterGenerationError", reason: "timeout" };
const unpainted = (reason: string) => ({ name: "PortraitGenerationError", reason });

const sheet: CharacterText = {
  name: "Ysolde Vale",
  description: "Keeps a lighthouse.",
  details: { traits: ["Patient", "Wry"], appearance: "Grey eyes and a coat with one button." },
};

const whole = (name: string) => ({
  name,
  description: "Somebody.",
  traits: ["Calm"],
  appearance: "Tall.",
  backstory: "Came late.",
  skills: ["Rowing"],
  flaw: "Sleeps.",
});

const story = (request: Partial<CharacterRequest> = {}): CharacterRequest => ({
  theme: "norse",
  count: 3,
  seed: "1",
  ...request,
});

async function tell(
  request: Partial<CharacterRequest>,
  by: CharacterGenerator = characterGenerator,
) {
  const sheets: CharacterText[] = [];
  for await (const sheet of by.generate(story(request))) sheets.push(sheet);
  return sheets;
}

const paint = (changes: Partial<CharacterText> = {}, request: Partial<PortraitRequest> = {}) =>
  portraitGenerator.generate({ ...sheet, ...changes }, { theme: "norse", seed: "1", ...request });

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function listener(answer: RequestListener) {
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

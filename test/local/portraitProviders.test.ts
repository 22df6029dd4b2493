import { createClient } from "@keepsake/client";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { codeBlocks } from "../docs/codeBlocks.ts";
import { falApi } from "../support/fal.ts";
import { startSystem } from "../support/npmStart.ts";
import { replicateApi } from "../support/replicate.ts";

test.for<[string, typeof replicateApi | typeof falApi]>([
  ["replicate", replicateApi],
  ["fal", falApi],
])(
  "the documented line for %s starts a system whose portraits come from there",
  { timeout: 120_000 },
  async ([name, startApi]) => {
    const provider = await startApi();
    onTestFinished(() => provider.stop());
    const env = settingsOf(`AI_PORTRAIT_PROVIDER=${name} `);
    expect(env.AI_PORTRAIT_API_KEY).toBe("…");
    env.AI_PORTRAIT_API_KEY = provider.apiKey;
    env.AI_PORTRAIT_BASE_URL = provider.baseUrl;
    const system = await startSystem({ env });
    onTestFinished(() => system.stop());

    const client = createClient({
      baseUrl: system.api,
      serviceKey: system.service_key,
      owner: "alice",
    });
    const { characters } = await client.generateCharacters({ theme: "norse", count: 2 });
    expect(characters).toHaveLength(2);
    for (const { portrait_error, details } of characters) {
      expect(portrait_error).toBeUndefined();
      const portrait = Buffer.from(String(details.image_portrait_base64), "base64");
      // the stand-in's noise, not a portrait that was drawn offline
      expect(await sharp(portrait).metadata()).toMatchObject({ width: 256, height: 256 });
    }
    const submissions = provider.calls.filter(({ method }) => method === "POST");
    expect(submissions).toHaveLength(2);
    for (const { headers } of submissions) {
      const dropAfter = headers["cancel-after"] ?? headers["x-fal-request-timeout"];
      expect(Number.parseInt(String(dropAfter), 10)).toBeLessThanOrEqual(25); // the request's own time
    }
  },
);

/** The settings of the document's line that begins with these characters and ends with `npm start`. */
function settingsOf(start: string): Record<string, string> {
  const block = codeBlocks("docs/ai-providers.md").find(({ text }) => text.startsWith(start));
  const line = block!.text.trim();
  expect(line).toMatch(/ npm start$/);
  const pairs = line.replace(/ npm start$/, "").split(" ");
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s) as [string, string]));
}

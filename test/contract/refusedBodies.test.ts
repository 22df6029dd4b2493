import { openapi } from "@keepsake/contract/openapi/document";
import { describe, expect } from "vitest";
import { schemaChecker } from "../support/openapi/schemaChecker.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";

const document = openapi();
const faction = { type: "faction", name: "x", description: "", details: {} };
const withDetails = (type: string, details: object, more: object = {}) => ({
  theme: "norse",
  pieces: [{ ...faction, type, details, ...more }],
});
const portrait_image_id = "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913";
const discord = (url: string) => ({ source: { platform: "discord", url } });
const attachment = "https://cdn.discordapp.com/attachments/1/2/";

describe("the document and the API both refuse", () => {
  test.for<[string, string, string, object]>([
    [
      "a portrait of a faction",
      "POST",
      "/worlds",
      withDetails("faction", { image_portrait_base64: "AAAA" }),
    ],
    [
      "an image as a faction's portrait",
      "POST",
      "/worlds",
      withDetails("faction", {}, { portrait_image_id }),
    ],
    [
      "two portraits of a character",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_base64: "AAAA" }, { portrait_image_id }),
    ],
    ["the URL of a portrait", "POST", "/worlds", withDetails("character", { image_portrait: "x" })],
    [
      "variants of a portrait",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_variants: [] }),
    ],
    [
      "a portrait that is no text",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_base64: 7 }),
    ],
    [
      "a portrait in the URL-safe alphabet",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_base64: "AA_-" }),
    ],
    [
      "a portrait with a line break",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_base64: "AAAA\nAAAA" }),
    ],
    [
      "an empty portrait",
      "POST",
      "/worlds",
      withDetails("character", { image_portrait_base64: "" }),
    ],
    ["a name with a NUL", "POST", "/worlds", withDetails("faction", {}, { name: "a\0b" })],
    [
      "a name with half a surrogate pair",
      "POST",
      "/worlds",
      withDetails("faction", {}, { name: "a\ud83d" }),
    ],
    [
      "a name of 201 characters",
      "POST",
      "/worlds",
      withDetails("faction", {}, { name: "𝕬".repeat(201) }),
    ],
    ["a detail with a NUL in its name", "POST", "/worlds", withDetails("faction", { "a\0b": 1 })],
    ["neither base64 nor an image", "PUT", "/worlds/{world_id}/pieces/{piece_id}/portrait", {}],
    [
      "base64 and an image",
      "PUT",
      "/worlds/{world_id}/pieces/{piece_id}/portrait",
      { image_portrait_base64: "AAAA", image_id: portrait_image_id },
    ],
    [
      "another host than Discord's",
      "POST",
      "/rehosts",
      discord("https://example.com/attachments/1/2/a.png"),
    ],
    [
      "Discord's host without TLS",
      "POST",
      "/rehosts",
      discord("http://cdn.discordapp.com/attachments/1/2/a.png"),
    ],
    ["a dot segment", "POST", "/rehosts", discord(`${attachment}..`)],
    ["an escaped slash", "POST", "/rehosts", discord(`${attachment}a%2Fb.png`)],
  ])("%s", async ([, method, path, body], { stack, owner: { sub } }) => {
    const { problems } = schemaChecker(document);
    const schema = ["paths", path, method.toLowerCase(), "requestBody", "content"];
    expect(problems(body, ...schema, "application/json", "schema")).not.toEqual([]);
    const filled = path.replace(/\{\w+\}/g, portrait_image_id);
    expect((await request(stack, method, filled, { sub, body })).status).toBe(422);
  });
});

import { offlineCharacterGenerator } from "@keepsake/adapters/generators/offline/characterGenerator";
import { generateCharacters, streamCharacters } from "@keepsake/core/characters/generateCharacters";
import type { PortraitGenerator } from "@keepsake/core/ports";
import { images } from "@keepsake/functions/services/buckets";
import { sql } from "@keepsake/functions/services/database";
import { decoder } from "@keepsake/functions/services/decoder";
import { describe, expect } from "vitest";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("a portrait generator that ignores its signal", () => {
  const signals: AbortSignal[] = [];
  const portraitGenerator: PortraitGenerator = {
    generate(_, { signal }) {
      signals.push(signal!);
      return new Promise(() => {});
    },
  };
  const failures: string[] = [];
  const onFailed = (what: string, { message }: Error) => void failures.push(`${what}: ${message}`);
  const services = () => ({
    sql: sql(),
    images: images(),
    decoder: decoder(),
    characterGenerator: offlineCharacterGenerator(),
    portraitGenerator,
    onFailed,
  });
  const input = (sub: string) => ({ owner_id: `user:${sub}`, theme: "norse", count: 2 });

  test("delays no response beyond its deadline", async ({ owner: { sub } }) => {
    const { characters } = await generateCharacters(services(), input(sub), { deadlineMs: 500 });
    expect(characters.map(({ portrait_error }) => portrait_error)).toEqual(["timeout", "timeout"]);
    expect(failures.splice(0)).toEqual(
      Array(2).fill("a portrait was not generated: The portrait could not be generated: timeout"),
    );
  });

  test("is stopped when its caller stops reading", async ({ owner: { sub } }) => {
    signals.length = 0;
    const stream = streamCharacters(services(), input(sub), { deadlineMs: 60_000 });
    for await (const { type } of stream) if (type === "character" && signals.length > 0) break;
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    await new Promise(setImmediate);
    expect(failures).toEqual([]);
  });
});

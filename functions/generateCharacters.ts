import { generateCharacters } from "@keepsake/core/characters/generateCharacters";
import { endpoint } from "./runtime/endpoint.ts";
import { logFailure } from "./runtime/log.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { characterGenerator, portraitGenerator } from "./services/generators.ts";
import { images } from "./services/storage.ts";

/** An HTTP API times out after 30 s: a portrait that is not ready by then is left out. */
const deadlineMs = 25_000;

/** `POST /characters`: generates characters with portraits; nothing is stored. */
export const handler = endpoint("generateCharacters", (input) =>
  generateCharacters(
    {
      sql: sql(),
      images: images(),
      decoder: decoder(),
      characterGenerator: characterGenerator(),
      portraitGenerator: portraitGenerator(),
      onFailed: (what, error) => logFailure(what, {}, error),
    },
    input,
    { deadlineMs },
  ),
);

import * as characters from "@keepsake/core/characters/generateCharacters";
import { endpoint } from "./runtime/endpoint.ts";
import { characterGenerator, images, portraitGenerator, sql } from "./services/services.ts";

/** An HTTP API gives up after 30 s: what is not painted by then is left out. */
const deadlineMs = 25_000;

/** `POST /characters`: characters with portraits, made up on the spot. */
export const handler = endpoint("generateCharacters", (input) =>
  characters.generate(
    {
      sql: sql(),
      images: images(),
      characterGenerator: characterGenerator(),
      portraitGenerator: portraitGenerator(),
    },
    input,
    { deadlineMs },
  ),
);

import * as characters from "@keepsake/core/characters";
import { endpoint } from "./edge/http.ts";
import { painter, storyteller } from "./edge/services.ts";

/** `POST /characters`: characters with portraits, made up on the spot. */
export const handler = endpoint("generateCharacters", (input) =>
  characters.generate({ storyteller: storyteller(), painter: painter() }, input),
);

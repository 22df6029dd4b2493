import { characterRoutes } from "@keepsake/contract/api/characters";
import { generateCharacters } from "@keepsake/core/characters/generateCharacters";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { characterServices } from "./services/characterServices.ts";

/** An HTTP API times out after 30 s: a portrait that is not ready by then is left out. */
const deadlineMs = 25_000;

/** `POST /characters`: generates characters with portraits; nothing is stored. */
export const handler = authenticatedEndpoint(
  "generateCharacters",
  characterRoutes.generateCharacters,
  (input) => generateCharacters(characterServices(), input, { deadlineMs }),
);

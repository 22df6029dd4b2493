import { CharacterStreamRequest } from "@keepsake/contract/api";
import { streams } from "@keepsake/contract/streams";
import * as characters from "@keepsake/core/characters/generateCharacters";
import { eventStream } from "./runtime/stream.ts";
import {
  characterGenerator,
  images,
  portraitGenerator,
  sql,
  verifyToken,
} from "./services/services.ts";

/** A function URL: characters told as they are made, or one portrait painted again. */
export const handler = eventStream(
  "streamCharacters",
  CharacterStreamRequest(),
  verifyToken,
  (input) =>
    characters.stream(
      {
        sql: sql(),
        images: images(),
        characterGenerator: characterGenerator(),
        portraitGenerator: portraitGenerator(),
      },
      input,
      { deadlineMs: (streams.streamCharacters.timeoutSeconds - 5) * 1_000 },
    ),
);

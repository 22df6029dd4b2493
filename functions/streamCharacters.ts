import { CharacterStreamRequest } from "@keepsake/contract/api";
import { streams } from "@keepsake/contract/streams";
import * as characters from "@keepsake/core/characters/generateCharacters";
import { images, painter, sql, storyteller, verifyToken } from "./edge/services.ts";
import { eventStream } from "./edge/stream.ts";

/** A function URL: characters told as they are made, or one portrait painted again. */
export const handler = eventStream(
  "streamCharacters",
  CharacterStreamRequest(),
  verifyToken,
  (input) =>
    characters.stream(
      { sql: sql(), images: images(), storyteller: storyteller(), painter: painter() },
      input,
      { deadlineMs: (streams.streamCharacters.timeoutSeconds - 5) * 1_000 },
    ),
);

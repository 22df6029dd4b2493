import { CharacterStreamRequest } from "@keepsake/contract/api";
import { streams } from "@keepsake/contract/streams";
import { streamCharacters } from "@keepsake/core/characters/generateCharacters";
import { logFailure } from "./runtime/log.ts";
import { eventStream } from "./runtime/stream.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { characterGenerator, portraitGenerator } from "./services/generators.ts";
import { images } from "./services/storage.ts";

/** Function URL: streams characters as they are generated, or generates one portrait again. */
export const handler = eventStream("streamCharacters", CharacterStreamRequest(), (input) =>
  streamCharacters(
    {
      sql: sql(),
      images: images(),
      decoder: decoder(),
      characterGenerator: characterGenerator(),
      portraitGenerator: portraitGenerator(),
      onFailed: (what, error) => logFailure(what, {}, error),
    },
    input,
    { deadlineMs: (streams.streamCharacters.timeoutSeconds - 5) * 1_000 },
  ),
);

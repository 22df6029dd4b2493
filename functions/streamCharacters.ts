import { CharacterStreamRequest } from "@keepsake/contract/api/characters";
import { streams } from "@keepsake/contract/streamingFunctions";
import { streamCharacters } from "@keepsake/core/characters/generateCharacters";
import { eventStream } from "./runtime/streamingEndpoint.ts";
import { characterServices } from "./services/characterServices.ts";

const deadlineMs = (streams.streamCharacters.timeoutSeconds - 5) * 1_000;

/** Function URL: streams characters as they are generated, or generates one portrait again. */
export const handler = eventStream("streamCharacters", CharacterStreamRequest(), (input) =>
  streamCharacters(characterServices(), input, { deadlineMs }),
);

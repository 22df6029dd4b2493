import type { Client } from "@keepsake/client";
import type { CharacterEvent } from "@keepsake/contract/api";

/** Reads a stream of characters to its end. */
export async function readCharacterStream(client: Client, request: StreamRequest) {
  const events: CharacterEvent[] = [];
  for await (const event of client.streamCharacters(request)) events.push(event);
  return events;
}

export type StreamRequest = Parameters<Client["streamCharacters"]>[0];

import type { Client } from "@keepsake/client";
import { png } from "../images.ts";
import { character, faction } from "../pieceDrafts.ts";
import { deliver, type TestStack } from "../stack.ts";
import { writeExport } from "./writeExport.ts";

type Caller = { client: Client };

/** Starts an export of everything, and resolves to it once it is ready. */
export async function exported(stack: TestStack, { client }: Caller) {
  const { export_id } = (await client.exportOwner()).export;
  await writeExport(stack, export_id);
  return (await client.getExport({ export_id })).export;
}

/** A world of one character with a portrait. */
export async function worldOf(stack: TestStack, { client }: Caller, name = "Mira") {
  const pieces = [await character(name, await png(64, "#4b2f7a")), faction];
  const { world } = await client.createWorld({ theme: "norse", title: "Ashfall", pieces });
  const { piece_id } = world.pieces[0]!;
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  return { world_id: world.world_id, piece_id };
}

/** Uploads a small picture of one colour. */
export const upload = async (
  { client }: Caller,
  colour: string,
  name: string,
  visibility?: "private",
) =>
  client.upload(new File([new Uint8Array(await png(48, colour))], name, { type: "image/png" }), {
    ...(visibility && { visibility }),
  });

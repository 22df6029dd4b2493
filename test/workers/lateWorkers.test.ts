import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { unaltered } from "../support/alteringProxy.ts";
import { png } from "../support/images.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, newOwner, type TestStack } from "../support/stack.ts";
import { stackWithAlteredR2 } from "../support/stackWithAlteredR2.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";

let stack: TestStack;
let r2: Awaited<ReturnType<typeof stackWithAlteredR2>>["r2"];
/** A stand-in for Discord's file server, with one file. */
let discord: Server;
let origin: string;

beforeAll(async () => {
  const file = await png(64, "#0a0b0c");
  discord = createServer((_, response) => response.end(file)).listen(0, "127.0.0.1");
  await once(discord, "listening");
  origin = `http://127.0.0.1:${(discord.address() as AddressInfo).port}`;
  ({ stack, r2 } = await stackWithAlteredR2({ discordOrigins: [origin] }));
});
afterEach(() => {
  r2.alter = unaltered;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
  discord.close();
  discord.closeAllConnections();
});

/** Runs `work` once, when R2 has answered the first request of this method and before its caller knows. */
function during(method: string, work: () => Promise<unknown>, status?: number) {
  r2.alter = async (request, response) => {
    if (request.method !== method) return response;
    r2.alter = unaltered;
    await work();
    return { ...response, status: status ?? response.status };
  };
}

describe("a portrait", () => {
  test("that two workers publish at once stays public", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    const messages = [{ piece_id, version: 1 }];
    during("PUT", () => deliver(stack, "PortraitQueue", messages));
    await deliver(stack, "PortraitQueue", messages);

    const [piece] = (await owner.client.getWorld({ world_id })).world.pieces;
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
  });

  test("that another worker has published is not set back by one that failed", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    const messages = [{ piece_id, version: 1 }];
    during("PUT", () => deliver(stack, "PortraitQueue", messages), 403);
    await deliver(stack, "PortraitQueue", messages);

    const [piece] = (await owner.client.getWorld({ world_id })).world.pieces;
    expect(piece).toMatchObject({ portrait_status: "published", portrait_error: null });
  });

  test("that is replaced while it is stored keeps the next version pending", async () => {
    const { client } = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece({ client, sub: "" });
    const image_portrait_base64 = (await png(48)).toString("base64");
    during("PUT", () => client.replacePortrait({ world_id, piece_id, image_portrait_base64 }));
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }])).toEqual([]);

    const [piece] = (await client.getWorld({ world_id })).world.pieces;
    expect(piece!.details.image_portrait).toMatch(/_portrait_v2\.png$/);
  });

  test("whose world is deleted while it is stored leaves nothing public", async () => {
    const { world_id, piece_id } = await pendingPiece(newOwner(stack));
    // after its erasure: the objects of an erasure are removed for the last time 16 minutes later
    during("PUT", () => stack.sql`delete from worlds where world_id = ${world_id}`.then(() => {}));
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    const url = `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait.png`;
    expect((await fetch(url)).status).toBe(404);
  });
});

describe("an upload", () => {
  test("that expires while it is stored is not published", async () => {
    const { client } = newOwner(stack);
    const ticket = await received(client, "#c1c2c3");
    during(
      "PUT",
      () => stack.sql`
        update images set status = 'rejected', error_code = 'upload.expired', error = 'Expired'
        where image_id = ${ticket.upload_id}
      `,
    );
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.expired" });

    expect((await fetch(`${stack.cdn}/images/${ticket.upload_id}.png`)).status).toBe(404);
    expect((await client.listImages()).images).toEqual([]);
  });

  test("that one call has published is not rejected by another call that reads other bytes", async () => {
    const { client } = newOwner(stack);
    const ticket = await received(client, "#c4c5c6");
    let isFirst = true;
    r2.alter = async ({ method }, response) => {
      if (method !== "GET") return response;
      if (isFirst) {
        isFirst = false;
        const { alter } = r2;
        r2.alter = unaltered;
        await client.completeUpload(ticket);
        r2.alter = alter;
      }
      return { ...response, body: Buffer.from(response.body).fill(0, 40, 50) };
    };
    await client.completeUpload(ticket).catch(() => {});

    const { image } = await client.getImage({ image_id: ticket.upload_id });
    expect(image.status).toBe("published");
  });

  test("may be completed by its owner only", async () => {
    const { client } = newOwner(stack);
    const ticket = await received(client, "#c7c8c9");
    await expect(newOwner(stack).client.completeUpload(ticket)).rejects.toMatchObject({
      code: "upload.not_found",
    });
    expect((await client.listImages()).images).toEqual([]);
  });
});

describe("a re-hosted image", () => {
  const requested = async () => {
    const { client } = newOwner(stack);
    const url = `${origin}/attachments/1/2/cat.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    return { client, image_id: image.image_id };
  };

  test("that two workers publish at once stays public", async () => {
    const { client, image_id } = await requested();
    during("PUT", () => deliver(stack, "RehostQueue", [{ image_id }]));
    await deliver(stack, "RehostQueue", [{ image_id }]);

    const { image } = await client.getImage({ image_id });
    expect((await fetch(image.url!)).status).toBe(200);
  });

  test("of Telegram is one image, by whichever of its ids it is downloaded", async () => {
    const { client } = newOwner(stack);
    const ids = await Promise.all(
      ["one", "another"].map(async (file_id) => {
        const file = { platform: "telegram" as const, file_id, file_unique_id: "the file" };
        return (await client.rehostImage({ source: file })).image.image_id;
      }),
    );
    expect(ids[0]).toBe(ids[1]);
  });

  test("that is deleted while it is stored leaves nothing public", async () => {
    const { image_id } = await requested();
    during("PUT", () => stack.sql`delete from images where image_id = ${image_id}`.then(() => {}));
    await deliver(stack, "RehostQueue", [{ image_id }]);
    expect((await fetch(`${stack.cdn}/images/${image_id}.png`)).status).toBe(404);
  });
});

/** An upload whose file has arrived. */
async function received(client: ReturnType<typeof newOwner>["client"], colour: string) {
  const bytes = await png(64, colour);
  const ticket = await client.presignUpload(uploadRequest(bytes));
  await putTo(ticket, bytes);
  return ticket;
}

import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

type Keepsake = { api: string; service_key: string };
type Piece = {
  name: string;
  portrait_status: "none" | "pending" | "published" | "failed";
  details: { image_portrait?: string };
};
export type World = { world_id: string; pieces: Piece[] };
export type Image = { image_id: string; status: string; url: string | null; platform: string };
export type Answer = { status: number; body: unknown };

/** What Telegram's Bot API says of a photo that a user sent to the bot. */
export type Photo = { file_id: string; file_unique_id: string; width: number };

/**
 * The backend of a bot: a service key, and no page or sign-in. It acts for its users by their ids on the platform,
 * with nothing but HTTP.
 */
export function pictureBot({ api, service_key }: Keepsake) {
  return {
    call,
    /** Characters, their world, and its portraits once they are on the CDN. */
    async draw(user: string, theme: string): Promise<World> {
      const { characters } = await expected<{ characters: unknown[] }>(
        call(user, "POST", "/characters", { theme, count: 2 }),
      );
      const { world } = await expected<{ world: World }>(
        call(user, "POST", "/worlds", { theme, title: theme, pieces: characters }),
      );
      return until(async () => {
        const path = `/worlds/${world.world_id}`;
        const { world: now } = await expected<{ world: World }>(call(user, "GET", path));
        return now.pieces.some(({ portrait_status }) => portrait_status === "pending")
          ? undefined
          : now;
      });
    },
    /** Uploads a PNG that the bot has in memory. */
    async keep(user: string, bytes: Buffer, filename: string): Promise<Image> {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const request = { content_type: "image/png", size: bytes.length, sha256, filename };
      const { upload_id, url, headers } = await expected<{
        upload_id: string;
        url: string;
        headers: Record<string, string>;
      }>(call(user, "POST", "/uploads", request));
      const put = await fetch(url, { method: "PUT", headers, body: new Uint8Array(bytes) });
      if (!put.ok) throw new Error(`The PUT was answered with ${put.status}`);
      const path = `/uploads/${upload_id}/complete`;
      return (await expected<{ image: Image }>(call(user, "POST", path))).image;
    },
    /** Makes a photo permanent that the user sent to the bot on Telegram. */
    async rehost(user: string, { file_id, file_unique_id }: Photo): Promise<Image> {
      const source = { platform: "telegram", file_id, file_unique_id };
      const { image } = await expected<{ image: Image }>(
        call(user, "POST", "/rehosts", { source }),
      );
      return until(async () => {
        const path = `/images/${image.image_id}`;
        const { image: now } = await expected<{ image: Image }>(call(user, "GET", path));
        return now.status === "published" ? now : undefined;
      });
    },
    images: async (user: string) =>
      (await expected<{ images: Image[] }>(call(user, "GET", "/images"))).images,
    worlds: async (user: string) =>
      (await expected<{ worlds: World[] }>(call(user, "GET", "/worlds"))).worlds,
  };

  async function call(user: string, method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(api + path, {
      method,
      headers: {
        authorization: `Bearer ${service_key}`,
        "keepsake-owner": encodeURIComponent(user),
        ...(body && { "content-type": "application/json" }),
        ...(path === "/worlds" && { "idempotency-key": randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }
}

async function expected<Body>(answer: Promise<Answer>): Promise<Body> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body as Body;
}

async function until<Value>(check: () => Promise<Value | undefined>): Promise<Value> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) {
    const value = await check();
    if (value !== undefined) return value;
  }
  throw new Error("Keepsake took more than 15 s");
}

import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import sharp from "sharp";
import { type Call, type ImageMode, type ImagePlan, isFault } from "./behaviour.ts";
import { htmlPage, sendError, sendFault, sendJson } from "./sendResponse.ts";

/** `POST /images/generations` and `/images/edits`: noise, as base64 or as a URL below `filesUrl`. */
export async function images(
  call: Call,
  response: ServerResponse,
  plan: ImagePlan,
  mode: ImageMode,
  filesUrl: string,
) {
  if (isFault(mode)) return sendFault(response, mode, plan.retryAfterSeconds);

  const isEdit = call.path === "/v1/images/edits";
  if (isEdit && mode === "no_edits")
    return sendError(response, 404, { message: "Invalid URL (POST /v1/images/edits)" });
  if (isEdit && mode === "text_to_image_only")
    return sendError(response, 400, { message: "Value must be 'dall-e-2'", param: "model" });
  const image = Object.values(call.body).find(Buffer.isBuffer);
  if (isEdit && !(image && (await sharp(image).metadata())))
    return sendError(response, 400, { message: "No image was given", param: "image" });

  const [width, height] = plan.size ?? [256, 256];
  const name = `${width}x${height}.${plan.format ?? "png"}`;
  if (mode === "url") return sendJson(response, 200, { data: [{ url: `${filesUrl}${name}` }] });
  if (mode === "dead_url")
    return sendJson(response, 200, { data: [{ url: `${filesUrl}gone?signature=a-secret` }] });
  if (mode === "foreign_url")
    return sendJson(response, 200, { data: [{ url: "http://169.254.169.254/latest/meta-data" }] });
  if (mode === "empty") return sendJson(response, 200, { created: 1, data: [] });
  if (mode === "endless") return sendEndless(call, response);
  const bytes = mode === "not_an_image" ? Buffer.from(htmlPage.repeat(9)) : await noise(name);
  return sendJson(response, 200, { created: 1, data: [{ b64_json: bytes.toString("base64") }] });
}

/** Base64 without end, as fast as it is received. */
async function sendEndless(call: Call, response: ServerResponse) {
  const bytes = Buffer.alloc(1_000_000, "A");
  response.write('{"data":[{"b64_json":"');
  while (!response.destroyed) {
    const hasRoom = response.write(bytes);
    call.sentBytes += bytes.length;
    if (!hasRoom) await new Promise((resume) => response.once("drain", resume));
  }
}

const noiseImages = new Map<string, Promise<Buffer>>();

/** Noise of the size and format in its name, such as "1024x1024.png". Each is made once. */
export function noise(name: string): Promise<Buffer> {
  const [, width, height, format] = /^(\d+)x(\d+)\.(png|jpeg|webp)$/.exec(name) ?? [];
  const raw = { width: Number(width), height: Number(height), channels: 3 as const };
  const make = () =>
    sharp(randomBytes(raw.width * raw.height * 3), { raw })
      .toFormat(format as "png", format === "png" ? { compressionLevel: 1 } : { quality: 80 })
      .toBuffer();
  const image = noiseImages.get(name) ?? make();
  noiseImages.set(name, image);
  return image;
}

/**
 * Every HTTP route, once. A key names the file in `functions/`, the client's method and the OpenAPI
 * operation. `user` routes need a JWT. `creates` marks requests that make rows: an `Idempotency-Key`
 * makes them safe to repeat. This file imports nothing, so infra reads it as it is.
 */
export const routes = {
  generateCharacters: { method: "POST", path: "/characters", access: "user" },
  createWorld: { method: "POST", path: "/worlds", access: "user", creates: "pieces" },
  listWorlds: { method: "GET", path: "/worlds", access: "user" },
  getWorld: { method: "GET", path: "/worlds/{world_id}", access: "user" },
  addPieces: {
    method: "POST",
    path: "/worlds/{world_id}/pieces",
    access: "user",
    creates: "pieces",
  },
  replacePortrait: {
    method: "PUT",
    path: "/worlds/{world_id}/pieces/{piece_id}/portrait",
    access: "user",
  },
  deleteWorld: { method: "DELETE", path: "/worlds/{world_id}", access: "user" },
  presignUpload: { method: "POST", path: "/uploads", access: "user" },
  completeUpload: { method: "POST", path: "/uploads/{upload_id}/complete", access: "user" },
  listImages: { method: "GET", path: "/images", access: "user" },
  getImage: { method: "GET", path: "/images/{image_id}", access: "user" },
  deleteImage: { method: "DELETE", path: "/images/{image_id}", access: "user" },
  rehostImage: { method: "POST", path: "/rehosts", access: "user" },
  telegramRehost: { method: "POST", path: "/telegram/webhook", access: "public" },
  linkTelegram: { method: "POST", path: "/telegram/link", access: "user" },
  eraseOwner: { method: "DELETE", path: "/me", access: "user" },
  getErasure: { method: "GET", path: "/erasures/{erasure_id}", access: "user" },
  openapi: { method: "GET", path: "/openapi.json", access: "public" },
  health: { method: "GET", path: "/health", access: "public" },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** What a browser may send besides the body: CORS allows exactly these. */
export const requestHeaders = ["authorization", "content-type", "idempotency-key"];

export type Route = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: `/${string}`;
  access: "user" | "public";
  creates?: "pieces";
};

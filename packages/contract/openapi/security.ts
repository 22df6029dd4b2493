import { type Route, type RouteName, routes } from "../routes.ts";

export const securitySchemes = {
  jwt: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A JWT of the configured issuer, or a page token from `POST /tokens`. The owner is `user:{sub}`.",
  },
  serviceKey: {
    type: "http",
    scheme: "bearer",
    description: "A service key, `ks_{key_id}_{secret}`, for a backend. Never give it to a page.",
  },
  owner: {
    type: "apiKey",
    in: "header",
    name: "keepsake-owner",
    description:
      "The user that a service key acts for: 1 to 255 characters, percent-encoded UTF-8.",
  },
  telegram: {
    type: "apiKey",
    in: "header",
    name: "x-telegram-bot-api-secret-token",
    description: "The secret that the webhook was registered with.",
  },
} as const;

type Requirement = { [Scheme in keyof typeof securitySchemes]?: [] };

/** Of every operation that does not say otherwise: a token, or a service key that acts for a user. */
export const defaultSecurity: Requirement[] = [{ jwt: [] }, { serviceKey: [], owner: [] }];

/** What the operation of a route says; undefined for the default. */
export function securityOf(name: RouteName): Requirement[] | undefined {
  if (name === "telegramRehost") return [{ telegram: [] }];
  const { access }: Route = routes[name];
  if (access === "service") return [{ serviceKey: [] }];
  return access === "public" ? [] : undefined;
}

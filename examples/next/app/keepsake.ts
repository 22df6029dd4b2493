import "server-only";
import { createClient } from "@keepsake/client";

/** Your own id of the user who is signed in: ask your sign-in for it. */
export const signedInUser = async () => "alice";

/** Keepsake as this user. */
export const keepsakeOf = (owner: string) =>
  createClient({
    baseUrl: process.env.KEEPSAKE_API_URL ?? "",
    serviceKey: process.env.KEEPSAKE_SERVICE_KEY ?? "",
    owner,
  });

import { AppError } from "@keepsake/contract/errors";
import { signInPath } from "../settings.ts";
import type { AuthProvider, Identity } from "./auth.ts";

const nameKey = "keepsake.name";
/** A token that expires this soon is replaced before it is used. */
const renewBeforeMs = 60_000;

type PageToken = { token: string; expires_at: string };

/** Sign-in by name alone, on a developer's machine: the page's own server turns the name into a token. */
export function devAuth(): AuthProvider {
  return {
    async resume() {
      const name = localStorage.getItem(nameKey);
      return name === null ? undefined : signIn(name);
    },
    signIn,
  };
}

async function signIn(name: string): Promise<Identity> {
  let current = await requestToken(name);
  let renewing: Promise<PageToken> | undefined;
  localStorage.setItem(nameKey, name);
  return {
    id: name,
    name,
    async token() {
      if (Date.parse(current.expires_at) - Date.now() > renewBeforeMs) return current.token;
      renewing ??= requestToken(name).finally(() => {
        renewing = undefined;
      });
      current = await renewing;
      return current.token;
    },
    signOut: async () => localStorage.removeItem(nameKey),
  };
}

async function requestToken(name: string): Promise<PageToken> {
  const body = JSON.stringify({ name });
  const response = await fetch(signInPath, { method: "POST", body }).catch((cause) => {
    throw unavailable(cause);
  });
  if (response.status >= 500) throw unavailable();
  if (!response.ok) throw new AppError("token.refused", "This name cannot sign in: try another");
  return response.json();
}

const unavailable = (cause?: unknown) =>
  new AppError("service.unavailable", "Keepsake does not answer: check that it is running", {
    cause,
  });

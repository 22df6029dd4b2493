import { KeepsakeError } from "@keepsake/client";
import { signInPath } from "../settings.ts";
import type { AuthProvider, Identity } from "./authProvider.ts";

const nameKey = "keepsake.name";
/** A token that expires this soon is replaced before it is used. */
const renewBeforeMs = 60_000;

type PageToken = { token: string; expires_at: string };

/** Sign-in by name alone, on a developer's machine: the page's own server turns the name into a token. */
export function devAuth(): AuthProvider {
  return {
    async resume() {
      const name = localStorage.getItem(nameKey);
      if (name === null) return undefined;
      const identity = identityOf(name);
      identity.token().catch(() => {}); // on its way while the page is drawn; requests that need it report its failure
      return identity;
    },
    async signIn(name) {
      const token = await requestToken(name);
      localStorage.setItem(nameKey, name);
      return identityOf(name, token);
    },
  };
}

function identityOf(name: string, token?: PageToken): Identity {
  let current = token;
  let renewing: Promise<PageToken> | undefined;
  return {
    id: name,
    name,
    async token() {
      if (current && Date.parse(current.expires_at) - Date.now() > renewBeforeMs)
        return current.token;
      renewing ??= requestToken(name).finally(() => {
        renewing = undefined;
      });
      current = await renewing;
      return current.token;
    },
    discard(refused) {
      if (current?.token === refused) current = undefined;
    },
    signOut: async () => localStorage.removeItem(nameKey),
    forget: async () => {}, // the tab that signed out removed the name, which all tabs share
  };
}

async function requestToken(name: string): Promise<PageToken> {
  const body = JSON.stringify({ name });
  const response = await fetch(signInPath, { method: "POST", body }).catch((cause) => {
    throw unavailable(cause);
  });
  if (response.status >= 500) throw unavailable();
  if (!response.ok)
    throw new KeepsakeError("token.refused", "This name cannot sign in: try another");
  return response.json();
}

const unavailable = (cause?: unknown) =>
  new KeepsakeError("service.unavailable", "Keepsake does not answer: check that it is running", {
    cause,
  });

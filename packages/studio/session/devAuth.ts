import { AppError } from "@keepsake/contract/errors";
import type { AuthProvider, Identity } from "./AuthProvider.ts";

const nameKey = "keepsake.name";

/** Sign-in by name alone, which the API allows on a developer's machine. */
export function devAuth(api: string): AuthProvider {
  return {
    async resume() {
      const name = localStorage.getItem(nameKey);
      return name === null ? undefined : signIn(name);
    },
    signIn,
  };

  async function signIn(name: string): Promise<Identity> {
    // without an explicit content type the browser sends no preflight
    const body = JSON.stringify({ sub: name });
    const response = await fetch(`${api}/dev/token`, { method: "POST", body }).catch((cause) => {
      throw new AppError(
        "service.unavailable",
        "Keepsake does not answer: check that it is running",
        {
          cause,
        },
      );
    });
    if (!response.ok) throw new AppError("token.refused", "This name cannot sign in: try another");
    const { token } = (await response.json()) as { token: string };
    localStorage.setItem(nameKey, name);
    return {
      id: name,
      name,
      token: async () => token,
      signOut: async () => localStorage.removeItem(nameKey),
    };
  }
}

import { AppError } from "@keepsake/contract/errors";
import type { AuthProvider, Identity } from "./AuthProvider.ts";

const remembered = "keepsake.name";

/** Takes anybody's word for who they are, as the API does on a developer's machine. */
export function devAuth(api: string): AuthProvider {
  return {
    async resume() {
      const name = localStorage.getItem(remembered);
      return name === null ? undefined : enter(name);
    },
    enter,
  };

  async function enter(name: string): Promise<Identity> {
    // without a content type of its own the browser asks for no preflight
    const body = JSON.stringify({ sub: name });
    const response = await fetch(`${api}/dev/token`, { method: "POST", body }).catch((cause) => {
      throw new AppError("service.unavailable", "Keepsake does not answer: is it running?", {
        cause,
      });
    });
    if (!response.ok) throw new AppError("token.refused", "This name cannot sign in: try another");
    const { token } = (await response.json()) as { token: string };
    localStorage.setItem(remembered, name);
    return {
      id: name,
      name,
      token: async () => token,
      leave: async () => localStorage.removeItem(remembered),
    };
  }
}

import { KeepsakeError } from "@keepsake/client";
import { type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { OidcSignIn } from "../settings.ts";
import type { AuthProvider, Identity } from "./authProvider.ts";

/**
 * Sign-in at any OpenID Connect issuer: authorization code with PKCE, returning to this page's root.
 * Tokens live as long as the tab.
 */
export function oidcAuth({ issuer, client_id, audience }: OidcSignIn): AuthProvider {
  const home = `${location.origin}/`;
  const manager = new UserManager({
    authority: issuer,
    client_id,
    redirect_uri: home,
    post_logout_redirect_uri: home,
    scope: "openid profile",
    extraQueryParams: { audience },
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    // without a refresh token, renewal would need a hidden frame, which our policy forbids
    automaticSilentRenew: false,
  });

  return {
    async resume() {
      const query = new URLSearchParams(location.search);
      if (!query.has("state") || !(query.has("code") || query.has("error"))) {
        const user = await manager.getUser();
        if (!user) return undefined;
        return user.expired && !user.refresh_token
          ? { endedId: user.profile.sub }
          : identityOf(user);
      }
      try {
        const user = await manager.signinRedirectCallback();
        history.replaceState(null, "", typeof user.state === "string" ? user.state : "/");
        return identityOf(user);
      } catch (cause) {
        history.replaceState(null, "", "/"); // a code is valid once: a reload must not send it again
        throw new KeepsakeError("token.refused", "The sign-in failed: try again", { cause });
      }
    },
    async signIn() {
      try {
        await manager.signinRedirect({ state: location.pathname + location.search });
      } catch (cause) {
        const message = "The sign-in service does not answer: try again";
        throw new KeepsakeError("service.unavailable", message, { cause });
      }
      return new Promise<never>(() => {}); // the browser is loading the issuer's page
    },
  };

  function identityOf(user: User): Identity {
    const { name, preferred_username, email, sub } = user.profile;
    let current = user;
    let refusedToken: string | undefined;
    return {
      id: sub,
      name: name ?? preferred_username ?? email ?? sub,
      async token() {
        if (current.expired || current.access_token === refusedToken)
          current = await renew(current);
        return current.access_token;
      },
      discard(refused) {
        refusedToken = refused;
      },
      signOut,
      forget: () => manager.removeUser(),
    };
  }

  /** Ends the issuer's session too, where it supports that: it would sign in the next person as this one. */
  async function signOut() {
    const end = await manager.metadataService.getEndSessionEndpoint().catch(() => undefined);
    await (end ? manager.signoutRedirect() : manager.removeUser());
  }

  async function renew({ refresh_token }: User): Promise<User> {
    const user = refresh_token ? await manager.signinSilent().catch(() => null) : null;
    if (!user) throw new KeepsakeError("token.refused", "Your session ended: sign in again");
    return user;
  }
}

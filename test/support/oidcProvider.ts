import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Configuration, type KoaContextWithOIDC } from "oidc-provider";

export type OidcIssuer = Awaited<ReturnType<typeof startOidcProvider>>;

/**
 * A real OpenID Connect issuer on 127.0.0.1 with one public client, `studio`: authorization code with
 * PKCE. A form signs any name in, with the name as `sub`, and without a consent page. Access tokens are
 * JWTs for the requested `audience`, as Auth0's are; the scope `offline_access` adds a refresh token.
 * Redirects go to `redirectUris` only, and pages of their origins may request tokens.
 */
export async function startOidcProvider({ redirectUris }: { redirectUris: string[] }) {
  let tokenSeconds = 3_600;
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: "RS256", kid: "own", use: "sig" };
  const origins = redirectUris.map((uri) => new URL(uri).origin);

  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString("hex")] },
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris,
      },
    ],
    clientBasedCORS: (_, origin) => origins.includes(origin),
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["name"] },
    conformIdTokenClaims: false, // else the name is in /userinfo only
    findAccount: (_, name) => ({ accountId: name, claims: () => ({ sub: name, name }) }),
    interactions: { url: (_, { uid }) => `${signInPath}${uid}` },
    loadExistingGrant: grantRequestedScope,
    extraParams: ["audience"],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: audiences(() => tokenSeconds),
    },
    ttl: { Session: 86_400, Grant: 86_400, Interaction: 3_600 },
  });
  const handle = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url?.startsWith(signInPath)) return handle(request, response);
    signIn(provider, request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });

  return {
    issuer,
    clientId,
    /** Sets the lifetime of access tokens that are issued from now on. */
    setTokenLifetime(seconds: number) {
      tokenSeconds = seconds;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const clientId = "studio";
const signInPath = "/sign-in/";

/** RFC 8707 identifies an audience by a URI; Auth0 and Studio use a plain `audience`. */
function audiences(tokenSeconds: () => number) {
  const prefix = "urn:audience:";
  type Features = NonNullable<Configuration["features"]>;
  const resourceIndicators: Features["resourceIndicators"] = {
    enabled: true,
    defaultResource: ({ oidc }, _, oneOf) =>
      oneOf ?? (oidc.params?.audience ? `${prefix}${oidc.params.audience}` : []),
    useGrantedResource: () => true,
    getResourceServerInfo: (_, resource) => ({
      audience: resource.slice(prefix.length),
      scope: "",
      accessTokenFormat: "jwt",
      accessTokenTTL: tokenSeconds(),
      jwt: { sign: { alg: "RS256" } },
    }),
  };
  return resourceIndicators;
}

async function grantRequestedScope({ oidc }: KoaContextWithOIDC) {
  const { client, session, params } = oidc;
  const grant = new oidc.provider.Grant({
    clientId: client!.clientId,
    accountId: session!.accountId!,
  });
  grant.addOIDCScope(String(params!.scope));
  await grant.save();
  return grant;
}

/** Serves the form for a name, and signs in the name that it submits. */
async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  const { prompt } = await provider.interactionDetails(request, response);
  if (prompt.name === "consent")
    return provider.interactionFinished(request, response, { consent: {} });
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    return void response.end(form);
  }
  const submitted = new URLSearchParams(`${Buffer.concat(await request.toArray())}`);
  const accountId = submitted.get("name") ?? "";
  await provider.interactionFinished(request, response, { login: { accountId } });
}

const form = `<!doctype html><html lang="en"><title>Sign in</title><form method="post">
  <label>Name <input name="name" required></label><button>Sign in</button></form>`;

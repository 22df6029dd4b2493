import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import { parseAuthorization, signatureOf } from "@keepsake/local/embedded/awsSignature";
import { newKey } from "./issuer.ts";
import { certificates, key } from "./postgresTlsProxy.ts";
import { isSignedInHeaders } from "./verifyAwsSignature.ts";

export const awsKeys = { id: "AKIAKEEPSAKETEST0001", secret: "aws-secret-that-is-never-printed" };

/** STS on loopback: says who signed a request, if the signature is of the one pair of keys. */
export async function startSts() {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const headers = request.headers as Record<string, string>;
    const signed = { method: "POST", path: "/", headers, body };
    const isKnown =
      headers.authorization?.includes(`Credential=${awsKeys.id}/`) &&
      isSignedInHeaders(signed, awsKeys.secret) &&
      new URLSearchParams(body).get("Action") === "GetCallerIdentity";
    const Account = "123456789012";
    const result = { Account, Arn: `arn:aws:iam::${Account}:user/ada`, UserId: "AIDA" };
    send(
      response,
      isKnown ? 200 : 403,
      isKnown
        ? { GetCallerIdentityResponse: { GetCallerIdentityResult: result } }
        : { Error: { Code: "SignatureDoesNotMatch" } },
    );
  });
  return { url: await listen(server), stop: () => stop(server) };
}

/** An issuer over TLS, at https://localhost, whose endpoints are at another origin as well. */
export async function startTlsIssuer() {
  const { jwk } = await newKey("first");
  const server = createTlsServer({ key, cert: certificates.localhost }, ({ url }, response) => {
    const documents: Record<string, object> = {
      "/.well-known/openid-configuration": {
        issuer,
        jwks_uri: `${issuer}/jwks`,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: "https://tokens.example.com/token",
      },
      "/jwks": { keys: [jwk] },
      "/symmetric/.well-known/openid-configuration": {
        issuer: `${issuer}/symmetric`,
        jwks_uri: `${issuer}/symmetric/jwks`,
      },
      "/symmetric/jwks": { keys: [{ kty: "oct" }] },
    };
    const document = documents[url ?? ""];
    send(response, document ? 200 : 404, document ?? {});
  });
  const { port } = new URL(await listen(server));
  const issuer = `https://localhost:${port}`;
  return { issuer, stop: () => stop(server) };
}

/** R2's S3 endpoint with one pair of keys, which reaches every bucket, and no bucket yet. */
export async function startEmptyR2(keys: { accessKeyId: string; secretAccessKey: string }) {
  const server = createServer(({ method = "", url = "", headers }, response) => {
    const authorization = parseAuthorization(headers);
    const [path = "", query = ""] = url.split("?");
    const signable = {
      method,
      path,
      query: query.split("&").sort().join("&"),
      headers,
      signedHeaders: authorization?.signedHeaders ?? "",
      payloadHash: `${headers["x-amz-content-sha256"]}`,
      date: `${headers["x-amz-date"]}`,
      scope: authorization?.scope ?? [],
    };
    const isSigned = signatureOf(signable, keys.secretAccessKey) === authorization?.signature;
    const [status, code] =
      authorization?.accessKeyId !== keys.accessKeyId
        ? [401, "Unauthorized"]
        : isSigned
          ? [404, "NoSuchBucket"]
          : [403, "SignatureDoesNotMatch"];
    response.writeHead(Number(status), { "content-type": "application/xml" });
    response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  });
  return { url: await listen(server), ...keys, stop: () => stop(server) };
}

type Token = { permissions: string[]; status?: string };

/** Cloudflare's API with one account and one zone. Each token has the permissions that a test gives it. */
export async function startCloudflareApi(tokens: Record<string, Token>) {
  const account = { id: "account-1", name: "Our account" };
  const zone = { id: "zone-1", name: "example.com", status: "active", account };
  const changes: string[] = [];
  const state = { isR2Enabled: true };

  const routes: [string, RegExp, string, (url: URL) => [number, unknown]][] = [
    ["GET", /^\/accounts\/account-1$/, "account:read", () => [200, account]],
    [
      "GET",
      /^\/accounts\/account-1\/r2\/buckets$/,
      "r2:read",
      () => (state.isR2Enabled ? [200, { buckets: [] }] : [403, 10_042]),
    ],
    ["POST", /^\/accounts\/account-1\/r2\/buckets$/, "r2:edit", () => [400, 10_005]],
    ["POST", /^\/accounts\/account-1\/tokens$/, "tokens:edit", () => [400, 1_001]],
    [
      "GET",
      /^\/zones$/,
      "zone:read",
      ({ searchParams }) => [200, searchParams.get("name") === zone.name ? [zone] : []],
    ],
    ["GET", /^\/zones\/zone-1\/dns_records$/, "dns:read", () => [200, []]],
    ["POST", /^\/zones\/zone-1\/dns_records$/, "dns:edit", () => [400, 9_005]],
    ["POST", /^\/zones\/zone-1\/purge_cache$/, "purge", () => [200, { id: zone.id }]],
  ];

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const url = new URL(request.url ?? "", "http://cloudflare");
    const token = tokens[request.headers.authorization?.replace("Bearer ", "") ?? ""];
    if (!token) return fail(response, 401, 1_000, "Invalid API Token");
    if (url.pathname === "/user/tokens/verify")
      return succeed(response, { id: "token", status: token.status ?? "active" });
    const route = routes.find(
      ([method, path]) => method === request.method && path.test(url.pathname),
    );
    if (!route) return fail(response, 404, 7_003, "Could not route");
    const [, , permission, answer] = route;
    if (!token.permissions.includes(permission))
      return fail(response, 403, 10_000, "Authentication error");
    if (request.method === "POST" && body !== "{}") changes.push(url.pathname);
    const [status, result] = answer(url);
    if (status !== 200) return fail(response, status, Number(result), "Refused");
    succeed(response, result);
  });
  return { url: await listen(server), changes, state, stop: () => stop(server) };
}

const succeed = (response: ServerResponse, result: unknown) =>
  send(response, 200, { success: true, errors: [], result });

const fail = (response: ServerResponse, status: number, code: number, message: string) =>
  send(response, status, { success: false, errors: [{ code, message }], result: null });

/**
 * An executable in place of SST's own, which keeps secrets in a file and records its arguments. It sets a secret
 * from its input, as SST does when no value is among the arguments.
 */
export function fakeSst(directory: string) {
  const file = path.join(directory, "fake-sst.cjs");
  const secrets = path.join(directory, "secrets.json");
  const calls = path.join(directory, "calls.txt");
  fs.writeFileSync(
    file,
    `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(calls)}, args.join(" ") + "\\n");
const kept = fs.existsSync(${JSON.stringify(secrets)}) ? JSON.parse(fs.readFileSync(${JSON.stringify(secrets)})) : {};
if (args[1] === "list") {
  if (Object.keys(kept).length === 0) { console.error("✕  No secrets found"); process.exit(1); }
  console.log("# keepsake/stage");
  for (const [name, value] of Object.entries(kept)) console.log("\\u001b[1m" + name + "\\u001b[0m=" + value);
} else {
  const value = args[3]?.startsWith("--") === false ? args[3] : fs.readFileSync(0, "utf8");
  fs.writeFileSync(${JSON.stringify(secrets)}, JSON.stringify({ ...kept, [args[2]]: value }));
}
`,
    { mode: 0o755 },
  );
  const read = (name: string) => (fs.existsSync(name) ? fs.readFileSync(name, "utf8") : "");
  return {
    file,
    secrets: (): Record<string, string> => JSON.parse(read(secrets) || "{}"),
    keep: (values: Record<string, string>) => fs.writeFileSync(secrets, JSON.stringify(values)),
    /** The arguments of every call, which `ps` would show. */
    calls: () => read(calls).split("\n").filter(Boolean),
  };
}

function send(response: ServerResponse<IncomingMessage>, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server) {
  server.close();
  (server as ReturnType<typeof createServer>).closeAllConnections();
}

import { requireFromPlatform } from "./sstPlatform.ts";

/** Pulumi's encoding of values between a program and the engine. Loaded on first use. */
const rpc = (): Rpc => requireFromPlatform("@pulumi/pulumi/runtime/rpc");

/** A resource's encoded properties, with secrets still wrapped. */
export function decodeProperties(struct: unknown) {
  return rpc().deserializeProperties(struct) as Properties;
}

/**
 * Copies a decoded value into plain JSON. Only in values marked as secret are secrets masked: one that
 * appears elsewhere stays readable, so that a test can find it.
 */
export function toJson(value: unknown, secret = false): unknown {
  if (isSecret(value)) return toJson(unwrapSecret(value), true);
  if (typeof value === "string") return secret ? maskSecrets(value) : value;
  if (Array.isArray(value)) return value.map((item) => toJson(item, secret));
  if (value === null || typeof value !== "object") return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return `[${value.constructor.name}]`; // a file
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, toJson(item, secret)]),
  );
}

/** The TypeScript types of a link's properties, as SST writes them to `sst-env.d.ts`. */
export function linkTypes(link: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(unwrapSecret(link) as Properties).map(([name, property]) => {
      const value = unwrapSecret(property);
      if (name === "type") return [name, JSON.stringify(value)];
      return [name, ["string", "number", "boolean"].includes(typeof value) ? typeof value : "any"];
    }),
  );
}

/** The value inside of a secret; any other value is returned as it is. */
export function unwrapSecret(value: unknown): unknown {
  return isSecret(value) ? rpc().unwrapRpcSecret(value) : value;
}

function isSecret(value: unknown) {
  return rpc().isRpcSecret(value);
}

function maskSecrets(text: string) {
  const secrets = Object.keys(process.env).filter((name) => name.startsWith("SST_SECRET_"));
  const masked = secrets.reduce(
    (rest, name) => rest.replaceAll(process.env[name]!, "[secret]"),
    text,
  );
  return masked.replaceAll(/\b[0-9a-f]{64}\b/g, "[secret]"); // the key of a token that the deployment makes
}

export type Properties = Record<string, unknown>;
type Rpc = {
  deserializeProperties(struct: unknown): unknown;
  isRpcSecret(value: unknown): boolean;
  unwrapRpcSecret(value: unknown): unknown;
};

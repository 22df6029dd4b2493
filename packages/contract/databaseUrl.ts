/**
 * Connection strings as providers show them, for this driver and for dbmate: both send a parameter that they
 * do not know to the server, which then rejects the connection (`unrecognized configuration parameter`).
 */
export type DatabaseUrl = {
  /** For the driver. */
  url: string;
  /** For dbmate, whose driver knows fewer parameters. */
  migrationUrl: string;
  /** The parameters that were removed. */
  removed: string[];
  encryption: Encryption;
  /** Names or addresses, without ports. */
  hosts: string[];
  /** Whether the server's certificate is verified, on this machine too. */
  isVerified: boolean;
};

/**
 * `verified`: over TLS, to the host that the certificate names. `encrypted`: over TLS, to any server.
 * `missing`: the string does not require TLS (`allow` and `prefer` continue in clear when a server, or someone
 * in between, offers none); connections to another machine require it all the same. `none`: the string says
 * `disable`. `local`: to this machine.
 */
type Encryption = "verified" | "encrypted" | "missing" | "none" | "local";

/** Reads a connection string. One that is no URL is returned as it is. */
export function readDatabaseUrl(text: string): DatabaseUrl {
  const [address = "", query = ""] = splitOnce(text, "?");
  const parameters = new URLSearchParams(query);
  const sslmode = modeOf(parameters);
  const mayFallBack = ["allow", "prefer"].includes(sslmode);
  const isLocal = isThisMachine(address);

  const removed = [...new Set(parameters.keys())].filter((name) => clientOnly.has(name));
  for (const name of removed) parameters.delete(name);
  parameters.delete("ssl");
  parameters.delete("sslmode");
  const wanted = mayFallBack ? "" : sslmode;
  const effectiveMode = wanted || (isLocal ? "" : "require");
  if (effectiveMode) parameters.set("sslmode", effectiveMode);

  const migration = new URLSearchParams(
    [...parameters].filter(([name]) => knownToDbmate.has(name)),
  );
  // dbmate uses TLS by default, and a Postgres on this machine has none
  if (!effectiveMode) migration.set("sslmode", "disable");
  return {
    url: withQuery(address, parameters),
    migrationUrl: withQuery(address, migration),
    removed,
    encryption: isLocal ? "local" : encryptionOf(wanted),
    hosts: hostsOf(address).map((host) => host.replace(/:\d+$/, "")),
    isVerified: encryptionOf(wanted) === "verified",
  };
}

/** Why another machine could read the connections of a connection string; undefined if it cannot. */
export function encryptionProblem(text: string): string | undefined {
  switch (readDatabaseUrl(text).encryption) {
    case "missing":
      return "The database's connection string has no sslmode that requires TLS";
    case "none":
      return "The database's connection string turns TLS off, so that passwords and rows cross the network in clear";
    default:
      return undefined;
  }
}

/** What to do about it. */
export const tlsAdvice =
  "add sslmode=verify-full, or sslmode=require where the provider signs its certificates itself (docs/deploy.md)";

/** The `sslmode`, also where another parameter says it. */
function modeOf(parameters: URLSearchParams): string {
  const given = parameters.get("sslmode") ?? "";
  if (parameters.get("sslrootcert") === "system") return "verify-full";
  if (given === "no-verify") return "require"; // of node-postgres
  if (given) return given;
  const ssl = parameters.get("ssl") ?? "";
  if (ssl === "false") return "disable";
  return ssl ? "require" : "";
}

function encryptionOf(sslmode: string): Encryption {
  if (sslmode === "") return "missing";
  if (sslmode === "disable") return "none";
  return sslmode === "require" ? "encrypted" : "verified";
}

const isThisMachine = (address: string): boolean =>
  hostsOf(address).every(
    (one) => /^(localhost|127(\.\d+){3}|\[?::1\]?|)(:\d+)?$/.test(one) || one.startsWith("/"),
  );

function hostsOf(address: string): string[] {
  const authority = splitOnce(address, "://")[1]?.split("/")[0] ?? "";
  return decodeURIComponent(authority.slice(authority.lastIndexOf("@") + 1)).split(",");
}

const withQuery = (address: string, parameters: URLSearchParams) =>
  parameters.size > 0 ? `${address}?${parameters}` : address;

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Parameters of libpq, Prisma and other clients. No server knows them, and this driver does not either. */
const clientOnly = new Set([
  // libpq: Neon, RDS, PlanetScale
  ...["channel_binding", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir"],
  ...["sslsni", "sslcompression", "sslcertmode", "ssl_min_protocol_version"],
  ...["ssl_max_protocol_version", "min_protocol_version", "max_protocol_version", "require_auth"],
  ...["requirepeer", "requiressl", "gssencmode", "gssdelegation", "gsslib", "krbsrvname"],
  ...["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"],
  ...[
    "tcp_user_timeout",
    "load_balance_hosts",
    "fallback_application_name",
    "passfile",
    "hostaddr",
  ],
  // Prisma: Supabase, Railway, Vercel
  ...["pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size"],
  ...["schema", "sslidentity", "sslaccept", "single_use_connections"],
  // node-postgres, Supabase's pooler, JDBC
  ...["uselibpqcompat", "supa", "workaround", "sslfactory", "prepareThreshold"],
]);

const knownToDbmate = new Set([
  ...["sslmode", "options", "application_name", "search_path", "connect_timeout"],
]);

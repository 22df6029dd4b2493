import { execFile } from "node:child_process";
import path from "node:path";
import * as tls from "node:tls";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { encryptionProblem, readDatabaseUrl } from "@keepsake/contract/databaseUrl";
import { migrate } from "@keepsake/local/commands/migrate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificates, postgresTlsProxy } from "../support/postgresTlsProxy.ts";
import { copyDatabase } from "../support/stack.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Connection strings in the form in which providers show them, and what is sent to the server of each. */
const providers: Record<string, { shown: string; kept: string; removed: string[] }> = {
  Neon: {
    shown: "postgresql://u:p@ep-x-pooler.aws.neon.tech/db?sslmode=require&channel_binding=require",
    kept: "sslmode=require",
    removed: ["channel_binding"],
  },
  "Neon, for clients without SNI": {
    shown: "postgresql://u:p@ep-x.aws.neon.tech/db?sslmode=require&options=endpoint%3Dep-x",
    kept: "options=endpoint%3Dep-x&sslmode=require",
    removed: [],
  },
  Supabase: {
    shown: "postgresql://postgres.ref:p@aws-0.pooler.supabase.com:6543/postgres?pgbouncer=true",
    kept: "sslmode=require",
    removed: ["pgbouncer"],
  },
  "Supabase through Vercel": {
    shown:
      "postgres://u:p@aws-0.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x",
    kept: "sslmode=require",
    removed: ["supa"],
  },
  Prisma: {
    shown:
      "postgres://u:p@db.prisma.io/db?sslmode=require&schema=public&connection_limit=1&pool_timeout=0",
    kept: "sslmode=require",
    removed: ["schema", "connection_limit", "pool_timeout"],
  },
  "RDS, with a certificate file": {
    shown:
      "postgres://u:p@x.rds.amazonaws.com/db?sslmode=verify-full&sslrootcert=global-bundle.pem",
    kept: "sslmode=verify-full",
    removed: ["sslrootcert"],
  },
  "PlanetScale Postgres": {
    shown: "postgresql://u:p@x.pg.psdb.cloud:6432/db?sslrootcert=system",
    kept: "sslmode=verify-full",
    removed: ["sslrootcert"],
  },
  "node-postgres with libpq's meaning": {
    shown: "postgres://u:p@x.aivencloud.com/db?uselibpqcompat=true&sslmode=require",
    kept: "sslmode=require",
    removed: ["uselibpqcompat"],
  },
  "node-postgres without a check": {
    shown: "postgres://u:p@x.example.com/db?sslmode=no-verify",
    kept: "sslmode=require",
    removed: [],
  },
  "an old ssl=true": {
    shown: "postgres://u:p@x.example.com/db?ssl=true",
    kept: "sslmode=require",
    removed: [],
  },
};

describe("a connection string", () => {
  test.each(Object.entries(providers))("of %s", (_, { shown, kept, removed }) => {
    const read = readDatabaseUrl(shown);
    expect(read.url).toBe(`${shown.split("?")[0]}?${kept}`);
    expect(read.removed).toEqual(removed);
  });

  test.each([
    ["postgres://u:p@db.example.com/db", "missing"],
    ["postgres://u:p@db.example.com/db?sslmode=prefer", "missing"],
    ["postgres://u:p@db.example.com/db?sslmode=allow", "missing"],
    ["postgres://u:p%40127.0.0.1@db.example.com/db", "missing"],
    ["postgres://u:p@127.0.0.1.example.com/db", "missing"],
    ["postgres://u:p@127.0.0.1,db.example.com/db", "missing"],
    ["postgres://u:p@db.example.com/db?sslmode=disable", "none"],
    ["postgres://u:p@db.example.com/db?ssl=false", "none"],
    ["postgres://u:p@db.example.com/db?sslmode=require", "encrypted"],
    ["postgres://u:p@db.example.com/db?sslmode=verify-full", "verified"],
    ["postgres://u:p@db.example.com/db?sslmode=require&sslrootcert=system", "verified"],
    ["postgres://u:p@127.0.0.1:5432/db", "local"],
    ["postgres://u:p@localhost/db?sslmode=disable", "local"],
    ["postgres://u:p@[::1]:5432/db", "local"],
  ])("%s: TLS is %s", (text, encryption) => {
    const read = readDatabaseUrl(text);
    expect(read.encryption).toBe(encryption);
    const isRefused = encryption === "missing" || encryption === "none";
    expect(encryptionProblem(text) !== undefined).toBe(isRefused);
    if (encryption === "missing") expect(read.url).toMatch(/[?&]sslmode=require$/);
    if (encryption === "local") expect(read.url).toBe(text);
  });
});

describe("Postgres", () => {
  let databaseUrl: string;
  let server: Awaited<ReturnType<typeof postgresTlsProxy>>;
  beforeAll(async () => {
    databaseUrl = await copyDatabase();
    server = await postgresTlsProxy(databaseUrl);
  });
  afterAll(() => server.stop());

  test("is reached, and migrated, with the parameters that providers add", async () => {
    const parameters =
      "channel_binding=prefer&pgbouncer=true&sslrootcert=x&schema=public&connection_limit=1";
    expect(await ask(`${databaseUrl}?${parameters}`)).toBe(1);
    expect(await migrate(`${databaseUrl}?${parameters}&target_session_attrs=read-write`)).toBe(
      "Nothing to apply",
    );
  });

  test("on another machine is reached over TLS only, also when the string does not say so", async () => {
    for (const query of ["", "?sslmode=prefer", "?sslmode=require"])
      expect(await ask(server.url("0.0.0.0") + query)).toBe(1);
    expect(server.inClear()).toBe(0);
    expect(await migrate(server.url("0.0.0.0"))).toBe("Nothing to apply");
    expect(server.inClear()).toBe(0);
  });

  test("with verify-full must show a certificate that is trusted and names its host", async () => {
    const other = await postgresTlsProxy(databaseUrl, certificates.other);
    const full = ({ url }: typeof server) => `${url("localhost")}?sslmode=verify-full`;
    await expect(ask(full(server))).rejects.toThrow("self-signed certificate");
    const trusted = tls.getCACertificates();
    tls.setDefaultCACertificates([...trusted, ...Object.values(certificates)]);
    try {
      expect(await ask(full(server))).toBe(1);
      await expect(ask(full(other))).rejects.toThrow("does not match certificate's altnames");
    } finally {
      tls.setDefaultCACertificates(trusted);
      await other.stop();
    }
  });
});

describe("Postgres at an IP address, with verify-full,", () => {
  const trusted = tls.getCACertificates();
  let url: string;
  beforeAll(async () => {
    tls.setDefaultCACertificates([...trusted, ...Object.values(certificates)]);
    url = await copyDatabase();
  });
  afterAll(() => tls.setDefaultCACertificates(trusted));

  test.each(["verify-full", "verify-ca"])(
    "is reached with a certificate for it: %s",
    async (mode) => {
      const server = await postgresTlsProxy(url, certificates.address);
      expect(await ask(`${server.url("0.0.0.0")}?sslmode=${mode}`)).toBe(1);
      await server.stop();
    },
  );

  test.each(["localhost", "other"] as const)(
    "is not with one for another host: %s",
    async (name) => {
      const server = await postgresTlsProxy(url, certificates[name]);
      const full = `${server.url("0.0.0.0")}?sslmode=verify-full`;
      await expect(ask(full)).rejects.toThrow("IP: 0.0.0.0 is not in the cert's list");
      await expect(migrate(full)).rejects.toThrow("IP: 0.0.0.0 is not in the cert's list");
      await server.stop();
    },
  );
});

test("npm run migrate refuses a connection that others could read, before it connects", async () => {
  const { code, output } = await runMigrate("postgres://u:the-password@0.0.0.0:9/db");
  expect(code).toBe(1);
  expect(output).toMatch(/^The database's connection string has no sslmode .* sslmode=verify-full/);
  expect(output).not.toContain("the-password");
  // turned off on purpose, such as for a database in a container: it connects
  const off = await runMigrate("postgres://u:the-password@0.0.0.0:9/db?sslmode=disable");
  expect(off.output).toMatch(/ECONNREFUSED/);
}, 60_000);

async function ask(url: string): Promise<number> {
  const sql = connect({ url, pool: 1 });
  try {
    const [row] = await sql`select 1 as one`;
    return row!.one;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function runMigrate(DATABASE_URL: string) {
  const bin = path.join(root, "packages/ops/bin.mjs");
  const env = { PATH: process.env.PATH, DATABASE_URL };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [bin, "migrate"], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

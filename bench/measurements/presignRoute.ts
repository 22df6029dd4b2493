import { randomBytes, randomUUID } from "node:crypto";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { pageTokens } from "@keepsake/functions/runtime/authentication/pageTokens";
import type { Database } from "../support/createDatabase.ts";
import type { MeasuredProcess } from "../support/forkProcess.ts";
import { apiEvent, declaredFile, serviceKey } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";

const calls = 400;

export const presignRoute: Row = {
  name: "presignRoute",
  title: "`presignUpload` with its row",
  async measure(environment) {
    const database = await environment.createDatabase("keepsake");
    const peerDatabase = await environment.createDatabase("plain");
    const pageTokenKey = randomBytes(32).toString("base64");
    const keepsake = await environment.startLambda(
      environment.keepsakeFunction("presignUpload", {
        Auth: { pageTokenKey },
        Database: { url: database.url },
        Limits: { ownerBytes: 0 },
      }),
    );
    const betterUpload = await environment.startLambda(
      await environment.plainFunction(
        "betterUploadLambda",
        { DATABASE_URL: peerDatabase.url, PAGE_TOKEN_KEY: pageTokenKey },
        "peers",
      ),
    );

    const { content_type: type, size, sha256, filename: name } = declaredFile;
    const files = [{ name, size, type }];
    const events = {
      keepsake: requests(pageTokenKey, declaredFile),
      betterUpload: requests(pageTokenKey, { route: "declared", files, metadata: { sha256 } }),
    };
    const presignAll = async () => {
      await database.sql`truncate images, upload_urls cascade`;
      return handled(keepsake, database, events.keepsake);
    };
    const rowAlone = connect({ url: database.url, pool: 1 });
    const insertAll = async () => {
      await database.sql`truncate images, upload_urls cascade`;
      const before = await environment.postgresCpu(database);
      for (let call = 0; call < calls; call += 1) await insertUpload(rowAlone);
      return { postgres: ((await environment.postgresCpu(database)) - before) / calls };
    };
    await insertUpload(rowAlone); // connects
    const { "row alone": alone, ...medians } = await interleave(environment.rounds(7), {
      "row alone": insertAll,
      Keepsake: presignAll,
      "better-upload": async () => {
        await peerDatabase.sql`truncate uploads`;
        return handled(betterUpload, peerDatabase, events.betterUpload);
      },
    });
    await rowAlone.end();
    const rowsOnly = (medians.Keepsake.node! + alone.postgres!) / medians["better-upload"].cpu!;
    return {
      goals: [
        {
          what: "`presignUpload`, warm, CPU of Node and Postgres",
          actual: medians.Keepsake.cpu! / medians["better-upload"].cpu!,
          unit: "× better-upload's handler with the same authentication and row",
          atMost: 1,
        },
      ],
      figures: [
        ["", "CPU each, ms", "of which Node", "of which Postgres", "wall, ms"],
        ...Object.entries(medians).map(([name, { cpu, node, postgres, wall }]) => [
          name,
          cpu!,
          node!,
          postgres!,
          wall!,
        ]),
      ],
      method: `${calls} requests a turn, one after another, each of another user with a page token. Keepsake's function is the bundle that SST deploys, better-upload's handler is bundled as SST does by default; each is warm, in a process of its own. Both verify the token's HMAC, keep the live service keys for a minute and commit a row of what was declared. Keepsake also limits what an owner may have pending, and signs the file's type, length and SHA-256 and that the key is free; better-upload's URL accepts any file of that length and type.`,
      reason: `Postgres takes ${alone.postgres!.toFixed(3)} ms for Keepsake's row alone, in the table of all images with its indexes, and its URL, sent as one statement without limits. With that alone, and the same work in Node, it would take ${rowsOnly.toFixed(2)} × better-upload's handler, which has a table of uploads alone. The rest are the limits of an owner, which better-upload's handler has not.`,
      profile: () => keepsake.profile(presignAll),
    };

    async function handled(
      lambda: MeasuredProcess,
      database: Database,
      events: object[],
    ): Promise<Sample> {
      const before = await environment.postgresCpu(database);
      const usage = await lambda.call<{ cpu: number; wall: number }>("handle", { events });
      const postgres = (await environment.postgresCpu(database)) - before;
      return {
        cpu: (usage.cpu + postgres) / calls,
        node: usage.cpu / calls,
        postgres: postgres / calls,
        wall: usage.wall / calls,
      };
    }
  },
};

/** Each of another user, because an owner may have 20 pending uploads. */
function requests(pageTokenKey: string, body: object): object[] {
  const { create } = pageTokens(pageTokenKey);
  const { key_id } = serviceKey;
  return Array.from({ length: calls }, (_, user) => {
    const { token } = create({ owner: `user-${user}`, expires_in: 3_600, key_id });
    return apiEvent("presignUpload", { body, headers: { authorization: `Bearer ${token}` } });
  });
}

/** What `presignUpload` stores, in one statement that checks no limits. */
const insertUpload = (sql: ReturnType<typeof connect>) => {
  const { content_type, size, sha256, filename } = declaredFile;
  const upload_id = randomUUID();
  const owner_id = `user:${upload_id}`;
  return sql`
    with url as (
      insert into upload_urls (upload_id, owner_id, expires_at)
      values (${upload_id}, ${owner_id}, now() + interval '5 minutes')
    )
    insert into images (image_id, owner_id, platform, source, status, content_type, bytes, source_sha256,
                        filename, visibility, keep_prompt, url_expires_at, retry_at, expires_at)
    values (${upload_id}, ${owner_id}, 'web', '{}', 'pending', ${content_type}, ${size}, ${sha256},
            ${filename}, 'public', true, now() + interval '5 minutes', now() + interval '5 minutes',
            now() + interval '1 hour')
  `;
};

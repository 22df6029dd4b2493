import type { Database } from "./createDatabase.ts";
import type { Environment } from "./startEnvironment.ts";

/** CPU of a sweep with nothing to do, and of the removal of one incoming object. */
export async function sweepCpu(
  { backends: { r2 }, startProcess }: Environment,
  { url: databaseUrl, sql }: Database,
  swept: number,
): Promise<[string, number][]> {
  const { endpoint, accessKeyId, secretAccessKey, publicUrl } = r2;
  const link = (bucket: string) => ({ bucket, endpoint, accessKeyId, secretAccessKey, publicUrl });
  const sweeper = await startProcess("processes/sweepWorker.ts");
  await sweeper.call("start", {
    databaseUrl,
    images: link(r2.imagesBucket),
    incoming: link(r2.incomingBucket),
    privateImages: link(r2.privateBucket),
  });
  const sweep = async () => (await sweeper.call<{ cpu: number }>("sweep")).cpu;
  await sweep();
  const idle = await sweep();
  // what else is due
  await sql`
    update images set url_expires_at = now() - interval '1 second' where platform = 'web'
  `;
  await sweep();
  await sql`
    insert into images (image_id, owner_id, platform, source, status, url_expires_at)
    select gen_random_uuid(), 'user:bench', 'web', '{}', 'rejected', now() - interval '1 second'
    from generate_series(1, ${swept}::integer)
  `;
  const removing = await sweep();
  return [
    ["a sweep without work", idle],
    ["of a sweep, for an upload that was removed before", (removing - idle) / swept],
  ];
}

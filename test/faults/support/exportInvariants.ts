import { GetObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import type { Backends } from "@keepsake/local/backends";
import type { Sql } from "postgres";
import { sha256Of } from "../../support/uploadRequests.ts";

type ExportRow = {
  export_id: string;
  owner_id: string;
  status: string;
  error_code: string | null;
  zips: { file_index: number; sha256: string | null }[];
};

/**
 * Every violation of what is promised about exports, a sentence each: each has ended, ready ones have their zips as
 * their rows state, and there is no other zip, nor a part of one, but those that are about to be `erased`.
 */
export async function brokenExports(
  { sql, r2, writes }: { sql: Sql; r2: Backends["r2"]; writes: { zips: Set<string> } },
  erased: Set<string>,
): Promise<string[]> {
  const exports = await sql<ExportRow[]>`
    select export_id, owner_id, status, error_code,
           (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from export_files f
            where f.export_id = e.export_id) as zips
    from exports e
  `;
  const violations = exports
    .filter(
      ({ status, error_code }) =>
        status === "pending" || (status === "failed" && error_code !== "image.deleted"),
    )
    .map(({ owner_id, status }) => `${owner_id}: an export is ${status}`);
  const expected = new Map(
    exports
      .filter(({ status }) => status === "ready")
      .flatMap(({ export_id, zips }) =>
        zips.map(({ file_index, sha256 }) => [`exports/${export_id}/${file_index}.zip`, sha256]),
      ) as [string, string | null][],
  );

  const s3 = s3Client(r2);
  const Bucket = r2.privateBucket;
  for (const Key of new Set([...expected.keys(), ...writes.zips])) {
    const stored = await s3.send(new GetObjectCommand({ Bucket, Key })).then(
      ({ Body }) => Body!.transformToByteArray(),
      () => undefined,
    );
    const { Uploads = [] } = await s3.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix: Key }),
    );
    const sha256 = expected.get(Key);
    if (erased.has(Key)) continue;
    if (Uploads.length > 0) violations.push(`${Key} has an unfinished upload`);
    if (sha256 === undefined && stored) violations.push(`${Key} is stored, but no export has it`);
    if (sha256 !== undefined && (!stored || sha256Of(stored) !== sha256))
      violations.push(`${Key} is not what its row states`);
  }
  s3.destroy();
  return violations;
}

import { createHash, randomUUID } from "node:crypto";
import type { Database } from "./createDatabase.ts";

/** Inserts an upload of this PNG that has arrived into one of Keepsake's databases, and resolves to its id. */
export async function insertUpload({ sql }: Database, sub: string, png: Buffer): Promise<string> {
  const upload_id = randomUUID();
  await sql`
    insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                        source_sha256, url_expires_at, retry_at, expires_at)
    values (${upload_id}, ${`user:${sub}`}, 'web', '{}', 'pending', 'image/png', ${png.length},
            ${hash(png)}, now() + interval '5 minutes', now() + interval '5 minutes', now() + interval '1 hour')
  `;
  return upload_id;
}

/** The same in a database of the plain code. */
export async function insertPlainUpload(
  { sql }: Database,
  sub: string,
  png: Buffer,
): Promise<string> {
  const upload_id = randomUUID();
  await sql`
    insert into uploads (upload_id, owner_id, content_type, size, sha256)
    values (${upload_id}, ${sub}, 'image/png', ${png.length}, ${hash(png)})
  `;
  return upload_id;
}

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

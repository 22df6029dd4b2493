import { randomUUID } from "node:crypto";
import { connect } from "./connect.ts";

/** The least that `createWorld` takes: who calls is looked up, and its rows are committed. Nothing is checked. */
export async function handler({
  body,
  headers,
}: {
  body: string;
  headers: Record<string, string>;
}) {
  const sql = connect();
  await sql`select key_id, sha256 from service_keys`;
  const { pieces, theme } = JSON.parse(body);
  const world_id = randomUUID();
  await sql.begin(async (tx) => {
    await tx`insert into worlds ${tx({ world_id, owner_id: headers["keepsake-owner"]!, theme })}`;
    await tx`
      insert into pieces (piece_id, world_id, type, name, description, details, status)
      select gen_random_uuid(), ${world_id}, p.type, p.name, p.description, p.details, 'none'
      from jsonb_to_recordset(${JSON.stringify(pieces)}::text::jsonb)
        as p (type text, name text, description text, details jsonb)
    `;
  });
  return { statusCode: 201, body: JSON.stringify({ world: { world_id, pieces } }) };
}

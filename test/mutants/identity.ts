import type { Mutant } from "./mutant.ts";

const core = "packages/core";
const idempotency = `${core}/worlds/idempotency.ts`;
const owned = "test/api/owners.test.ts";

/** Which request, which account and which state a row belongs to. */
export const identity: Mutant[] = [
  {
    name: "an idempotency key ignores the route",
    file: idempotency,
    find: "if (first?.route !== route || first.request_sha256 !== request_sha256)",
    replace: "if (first?.request_sha256 !== request_sha256)",
    survives: "the hash covers the path, and the path names the route",
  },
  {
    name: "an idempotency key ignores the request",
    file: idempotency,
    find: "if (first?.route !== route || first.request_sha256 !== request_sha256)",
    replace: "if (first?.route !== route)",
  },
  {
    name: "an idempotency key ignores the path",
    file: "functions/runtime/idempotency.ts",
    find: "`${event.rawPath}\\n${event.rawBody}`",
    replace: "`${event.rawBody}`",
  },
  {
    name: "an idempotency key ignores the body",
    file: "functions/runtime/idempotency.ts",
    find: "`${event.rawPath}\\n${event.rawBody}`",
    replace: "`${event.rawPath}`",
  },
  {
    name: "an idempotency key is shared by all owners",
    file: `${core}/worlds/idempotency.sql.ts`,
    find: "where owner_id = ${owner_id} and idempotency_key = ${idempotency_key}",
    replace: "where idempotency_key = ${idempotency_key} limit 1",
    survives:
      "the key is inserted first under its owner, and only an equal key of the same owner stops that: the row that is then read by the key alone may be another owner's only if both used it",
  },
  {
    name: "any idempotency key is accepted",
    file: "functions/runtime/idempotency.ts",
    find: "if (!IdempotencyKey().safeParse(key).success)",
    replace: "if (false)",
  },
  {
    name: "a key is claimed after the work",
    file: `${core}/worlds/worlds.ts`,
    find: "    if (first) return { repeated: first.world_id };\n",
    replace: "",
  },
  {
    name: "repeated pieces are added again",
    file: `${core}/worlds/worlds.ts`,
    find: "    if (first) return first.piece_ids;\n",
    replace: "",
  },
  {
    name: "a button that another account pressed links that account",
    file: `${core}/telegram/telegram.sql.ts`,
    find: "and expires_at > now() and telegram_user_id = ${user_id}",
    replace: "and expires_at > now() and ${user_id}::bigint is not null",
  },
  {
    name: "a link that another account opened is opened again",
    file: `${core}/telegram/telegram.sql.ts`,
    find: "      and (telegram_user_id is null or telegram_user_id = ${user_id})\n",
    replace: "",
  },
  {
    name: "an account that is linked to another owner is linked again",
    file: `${core}/telegram/telegram.sql.ts`,
    find: "set linked_at = telegram_accounts.linked_at\n    where telegram_accounts.owner_id = excluded.owner_id\n",
    replace: "set owner_id = excluded.owner_id\n",
  },
  {
    name: "cancelling links the account",
    file: `${core}/telegram/linkAccount.ts`,
    find: '    if (answer === "cancel") return "Nothing was linked.";\n',
    replace: "",
  },
  {
    name: "opening a link in a group shows its token to everyone",
    file: `${core}/telegram/parseUpdate.ts`,
    find: ' || chat.type !== "private") return undefined;',
    replace: ") return undefined;",
  },
  {
    name: "pictures of anonymous administrators share one owner",
    file: `${core}/telegram/parseUpdate.ts`,
    find: "if (sender_chat || !from || sharedUsers.includes(from.id)) return undefined;",
    replace: "if (!from) return undefined;",
  },
  {
    name: "a picture of a channel belongs to its shared user",
    file: `${core}/telegram/parseUpdate.ts`,
    find: "if (sender_chat || !from || sharedUsers.includes(from.id)) return undefined;",
    replace: "if (sender_chat || !from) return undefined;",
  },
  {
    name: "a twin's rejection overrides published",
    file: `${core}/images/images.sql.ts`,
    find: "set status = 'rejected', error_code = ${error_code}, error = ${error}\n    where image_id = ${image_id} and status = 'pending'",
    replace:
      "set status = 'rejected', error_code = ${error_code}, error = ${error}\n    where image_id = ${image_id}",
  },
  {
    name: "a rejected image is published by a late worker",
    file: `${core}/images/images.sql.ts`,
    find: "        source = source - 'url'\n    where image_id = ${image_id} and status = 'pending'",
    replace: "        source = source - 'url'\n    where image_id = ${image_id}",
  },
  {
    name: "a late failure overrides published",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "error = ${error}\n    where image_id = ${image_id} and status = 'pending'",
    replace: "error = ${error}\n    where image_id = ${image_id}",
  },
  {
    name: "a picture that is sent again while pending starts over",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "    where images.status <> 'pending' and images.source <> excluded.source\n",
    replace: "    where images.source <> excluded.source\n",
  },
  {
    name: "the same message again is answered again",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "    where images.status <> 'pending' and images.source <> excluded.source\n",
    replace: "    where images.status <> 'pending'\n",
  },
  {
    name: "a published picture that is sent again is pending again",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "status = case images.status when 'published' then 'published' else 'pending' end,",
    replace: "status = 'pending',",
  },
  {
    name: "a rejected picture that is sent again keeps the keys that are being erased",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "case images.status when 'rejected' then excluded.image_id else images.image_id end",
    replace: "images.image_id",
  },
  {
    name: "an older version's outcome is saved for a newer one",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "on o.piece_id = p.piece_id and o.version = p.portrait_version",
    replace: "on o.piece_id = p.piece_id",
  },
  {
    name: "an older version's message claims a newer one",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "m on m.piece_id = p.piece_id and m.version = p.portrait_version",
    replace: "m on m.piece_id = p.piece_id",
  },
  {
    name: "a late outcome sets a published portrait back",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "where p.portrait_status = 'pending' or (p.portrait_status = 'failed' and o.status = 'published')",
    replace: "where true",
  },
  {
    name: "a portrait that was given up is not published by the worker that stored it",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "where p.portrait_status = 'pending' or (p.portrait_status = 'failed' and o.status = 'published')",
    replace: "where p.portrait_status = 'pending'",
  },
  {
    name: "base64 is removed although the portrait has no URL",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "            when o.url is null then p.details\n",
    replace: "            when o.url is null then p.details - 'image_portrait_base64'\n",
  },
  {
    name: "base64 is kept beside the URL",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "else p.details - 'image_portrait_base64' || jsonb_build_object",
    replace: "else p.details || jsonb_build_object",
  },
  {
    name: "a duplicate may be marked after it was rejected",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "published_at = now()\n    where image_id = ${upload_id} and status = 'pending'",
    replace: "published_at = now()\n    where image_id = ${upload_id}",
  },
  {
    name: "an upload that was rejected is attempted again",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "set attempts = attempts + 1, attempted_at = now()\n    where image_id = ${upload_id} and status = 'pending'",
    replace: "set attempts = attempts + 1, attempted_at = now()\n    where image_id = ${upload_id}",
  },
  {
    name: "a duplicate is found among all owners",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "where owner_id = ${owner_id} and source_sha256 = ${source_sha256} and platform = 'web'",
    replace: "where ${owner_id} <> '' and source_sha256 = ${source_sha256} and platform = 'web'",
    survives:
      "only the unique index of the owner's own uploads leads here, so the owner has such an image; another owner's would only be found first",
  },
  ...[
    {
      name: "any owner reads a world",
      file: `${core}/worlds/worlds.sql.ts`,
      find: "    where world_id = ${world_id} and owner_id = ${owner_id}\n  `;\n  return world;",
      replace: "    where world_id = ${world_id} and ${owner_id} <> ''\n  `;\n  return world;",
    },
    {
      name: "any owner adds pieces to a world",
      file: `${core}/worlds/worlds.sql.ts`,
      find: "where world_id = ${world_id} and owner_id = ${owner_id} for update\n  `;\n  if (!world) return undefined;\n  const [{ count }]",
      replace:
        "where world_id = ${world_id} and ${owner_id} <> '' for update\n  `;\n  if (!world) return undefined;\n  const [{ count }]",
    },
    {
      name: "any owner deletes a world",
      file: `${core}/worlds/worlds.sql.ts`,
      find: "where world_id = ${world_id} and owner_id = ${owner_id} for update\n  `;\n  if (!world) return undefined;\n  const portraits",
      replace:
        "where world_id = ${world_id} and ${owner_id} <> '' for update\n  `;\n  if (!world) return undefined;\n  const portraits",
    },
    {
      name: "any owner lists all worlds",
      file: `${core}/worlds/worlds.sql.ts`,
      find: "where owner_id = ${owner_id} ${cursor",
      replace: "where ${owner_id} <> '' ${cursor",
    },
    {
      name: "any owner replaces a portrait",
      file: `${core}/portraits/portraits.sql.ts`,
      find: "and p.world_id = ${world_id} and w.owner_id = ${owner_id}",
      replace: "and p.world_id = ${world_id} and ${owner_id} <> ''",
    },
    {
      name: "a portrait is replaced by way of any world",
      file: `${core}/portraits/portraits.sql.ts`,
      find: "and p.world_id = ${world_id} and w.owner_id = ${owner_id}",
      replace: "and ${world_id} <> '' and w.owner_id = ${owner_id}",
    },
    {
      name: "any owner reads an image",
      file: `${core}/images/images.sql.ts`,
      find: "where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)} and ${visible(sql)}",
      replace: "where image_id = ${image_id} and ${owner_id} <> '' and ${visible(sql)}",
      tests: ["test/api/erasures.test.ts", "test/api/uploads.test.ts", owned],
    },
    {
      name: "any owner lists all images",
      file: `${core}/images/images.sql.ts`,
      find: "where owner_id = owner.id and ${visible(sql)}",
      replace: "where ${visible(sql)}",
      tests: ["test/api/images.test.ts"],
    },
    {
      name: "any owner deletes an image",
      file: `${core}/images/images.sql.ts`,
      find: "    where owner_id in ${linkedOwners(tx, owner_id)}\n      and (image_id",
      replace: "    where ${owner_id} <> ''\n      and (image_id",
    },
    {
      name: "any owner's image becomes a portrait",
      file: `${core}/images/images.sql.ts`,
      find: "where image_id in ${tx(image_ids)} and owner_id in ${linkedOwners(tx, owner_id)}",
      replace: "where image_id in ${tx(image_ids)} and ${owner_id} <> ''",
    },
    {
      name: "any owner's image is a reference",
      file: `${core}/images/images.sql.ts`,
      find: "where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)}\n      and status",
      replace: "where image_id = ${image_id} and ${owner_id} <> ''\n      and status",
      tests: ["test/api/generateWithProvider.test.ts"],
    },
    {
      name: "any owner completes an upload",
      file: `${core}/uploads/uploads.sql.ts`,
      find: "where image_id = ${upload_id} and owner_id = ${owner_id} and platform = 'web'",
      replace: "where image_id = ${upload_id} and ${owner_id} <> '' and platform = 'web'",
      tests: ["test/api/uploads.test.ts", "test/api/completeUpload.test.ts", owned],
    },
    {
      name: "any owner reads a receipt",
      file: `${core}/erasures/erasures.sql.ts`,
      find: "where e.erasure_id = ${erasure_id} and e.owner_id = ${owner_id}",
      replace: "where e.erasure_id = ${erasure_id} and ${owner_id} <> ''",
    },
    {
      name: "all owners share the hourly generations",
      file: `${core}/characters/generations.sql.ts`,
      find: "      where owner_id = ${owner_id} and created_at > now() - interval '1 hour'\n    )",
      replace: "      where ${owner_id} <> '' and created_at > now() - interval '1 hour'\n    )",
    },
    {
      name: "erasing an owner leaves what its Telegram accounts have",
      file: `${core}/linkedOwners.sql.ts`,
      find: "return [owner_id, ...accounts.map(({ owner }) => owner)];",
      replace: "return [owner_id, ...accounts.map(() => owner_id)];",
    },
    {
      name: "erasing an owner keeps its idempotency keys",
      file: `${core}/owners/owners.sql.ts`,
      find: "  await tx`delete from requests where owner_id = ${owner_id}`;\n",
      replace: "",
    },
    {
      name: "erasing an owner keeps its links",
      file: `${core}/owners/owners.sql.ts`,
      find: "  await tx`delete from telegram_links where owner_id = ${owner_id}`;\n",
      replace: "",
    },
    {
      name: "erasing an owner keeps its accounts linked",
      file: `${core}/owners/owners.sql.ts`,
      find: "  await tx`delete from telegram_accounts where owner_id = ${owner_id}`;\n",
      replace: "",
    },
  ],
];

import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { TransactionSql } from "postgres";
import { shownVersion } from "../../images/portraitObjectsToErase.ts";
import { assignFiles } from "./assignFiles.ts";
import { imageName, portraitName } from "./fileNames.ts";
import * as rows from "./takeSnapshot.sql.ts";
import { textFile } from "./textFile.ts";

export type Snapshot = { items: number; files: number; bytes: number; content_sha256: string };

/** To be raised when the same export would be written with other bytes. */
const writerVersion = 1;

/** The API's function ends after 29 s, and its answer would be the gateway's. */
const longestMs = 22_000;

/**
 * Writes what an export of everything holds to its rows: the pictures of its zips and the text files. Neither is ever
 * in memory as a whole. Images and worlds cannot be deleted until the transaction ends; their deletion
 * finds the export then. `export.too_large` when it is not done at the deadline (of `performance.now()`).
 */
export async function takeSnapshot(
  tx: TransactionSql,
  export_id: string,
  owners: string[],
  deadline = performance.now() + longestMs,
): Promise<Snapshot> {
  const hash = createHash("sha256").update(JSON.stringify([writerVersion]));
  const assign = assignFiles();
  const insertItems = async (pictures: (rows.NewItem & { bytes: number; identity: string })[]) => {
    requireTime(deadline);
    for (const { name, identity } of pictures) hash.update(JSON.stringify([name, identity]));
    const items = pictures.map(({ bytes, identity: _, ...item }) => ({
      ...item,
      ...assign(bytes),
    }));
    await rows.insertItems(tx, export_id, items);
  };
  const file = (name: Parameters<typeof textFile>[2]) =>
    textFile(tx, export_id, name, (text) => hash.update(text));

  const worlds = file("worlds.json");
  await worlds.add("[");
  let separator = "\n";
  for await (const { world, pieces } of rows.worldsOf(tx, owners)) {
    const shown = pieces.map(({ shown_url, stored_bytes, ...piece }) => {
      const version = shownVersion(shown_url);
      const name = version === undefined ? null : portraitName(piece.piece_id, piece.name);
      return { piece: { ...piece, portrait: name }, version, name, stored_bytes };
    });
    await insertItems(
      shown.flatMap(({ piece, version, name, stored_bytes }) =>
        version === undefined || name === null
          ? []
          : {
              ...{ name, image_id: null, piece_id: piece.piece_id, portrait_version: version },
              bytes: stored_bytes ?? limits.published_portrait_bytes,
              identity: String(version),
            },
      ),
    );
    await worlds.add(
      `${separator}${JSON.stringify({ ...world, pieces: shown.map(({ piece }) => piece) })}`,
    );
    separator = ",\n";
  }
  await worlds.add("\n]\n");
  await worlds.end();

  const images = file("images.jsonl");
  for await (const page of rows.imagesOf(tx, owners)) {
    const named = page.map(({ key, ...image }) => ({
      ...{ image, name: imageName(image.image_id, image.filename, key) },
    }));
    await insertItems(
      named.map(({ image, name }) => ({
        ...{ name, image_id: image.image_id, piece_id: null, portrait_version: null },
        ...{ bytes: image.bytes, identity: image.sha256 },
      })),
    );
    for (const { image, name } of named)
      await images.add(`${JSON.stringify({ file: name, ...image })}\n`);
  }
  await images.end();

  const datasets = file("datasets.json");
  await datasets.add("[");
  separator = "\n";
  for await (const dataset of rows.datasetsOf(tx, owners)) {
    await datasets.add(`${separator}${JSON.stringify(dataset)}`);
    separator = ",\n";
  }
  await datasets.add("\n]\n");
  await datasets.end();

  return { ...assign.totals(), content_sha256: hash.digest("hex") };
}

function requireTime(deadline: number) {
  if (performance.now() < deadline) return;
  throw new AppError(
    "export.too_large",
    "You have too many images and worlds for one export of everything: export datasets of them, or read them with `GET /images` and `GET /worlds`",
  );
}

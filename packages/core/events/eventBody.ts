import type { Event } from "@keepsake/contract/events";
import { Export } from "@keepsake/contract/exportSchemas";
import { Erasure, Image, Piece } from "@keepsake/contract/schemas";
import type { ImageRow } from "../images/images.sql.ts";
import { presentImage } from "../images/presentImage.ts";
import type { EventRow } from "./events.sql.ts";

/** The body of an event, as JSON: the same in every attempt. */
export async function eventBody({ type, created_at, owner_id, data }: EventRow): Promise<string> {
  const owner = owner_id.startsWith("user:") ? owner_id.slice("user:".length) : null;
  const subject = await subjects[kindOf(type)](data);
  const event = { type, timestamp: isoTime(created_at), data: { owner, ...subject } } as Event;
  return JSON.stringify(event);
}

const kindOf = (type: EventRow["type"]) =>
  type.split(".")[0] as "image" | "portrait" | "erasure" | "export";

/** What the API answers of each kind of subject, from its row. */
const subjects = {
  async image(row: EventRow["data"]) {
    const image = pick(Image().shape, row);
    // the URL of a private image expires, and a log of events would hold it
    const key = row.visibility === "private" ? null : row.key;
    return { image: await presentImage({ privateUrls }, { ...image, key } as ImageRow) };
  },
  async portrait(row: EventRow["data"]) {
    return { world_id: row.world_id, piece: pick(Piece().shape, row) };
  },
  async erasure(row: EventRow["data"]) {
    return { erasure: pick(Erasure().shape, row) };
  },
  async export(row: EventRow["data"]) {
    const { error_code, error: message, ...fields } = row;
    const error = error_code ? { code: error_code, message } : null;
    return { export: pick(Export().shape, { ...fields, error, files: [] }) };
  },
};

/** The fields that callers see. */
const pick = (shape: object, row: EventRow["data"]) =>
  Object.fromEntries(
    Object.keys(shape).map((name) => {
      const value = row[name] ?? null;
      return [name, value !== null && name.endsWith("_at") ? isoTime(value) : value];
    }),
  );

/** Postgres writes the times in a JSON row with an offset. */
const isoTime = (time: unknown) => new Date(time as string).toISOString();

const privateUrls = {
  presignGet: () => Promise.reject(new Error("An event has no URL of a private image")),
};

import * as z from "zod/mini";
import { Export } from "./exportSchemas.ts";
import { Erasure, Image, lazy, Piece } from "./schemas.ts";

/** What the receiver at `WEBHOOK_URL` is notified of. Later releases add types: a receiver ignores unknown ones. */
export const eventTypes = [
  "image.published",
  "image.rejected",
  "image.failed",
  "portrait.published",
  "portrait.rejected",
  "portrait.failed",
  "erasure.done",
  "export.ready",
  "export.failed",
] as const;
export type EventType = (typeof eventTypes)[number];

/** How long after each attempt that failed the next one is due: the last is 23.5 hours after the first. */
export const eventRetrySeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 21_600];

/** How long the row of an event is kept after it was delivered or has failed. */
export const eventDays = 7;

const owner = () =>
  z
    .nullable(z.string())
    .check(
      z.describe(
        "The product's own id of the user, as `GET /me` has it. Null for a Telegram account that is linked to no user.",
      ),
    );
const timestamp = () => z.iso.datetime();

const event = <Type extends EventType, Data extends z.ZodMiniType>(type: Type, data: Data) =>
  z.object({ type: z.literal(type), timestamp: timestamp(), data });

const imageData = lazy(() =>
  z.object({ owner: owner(), image: Image() }).check(
    z.meta({
      id: "ImageEventData",
      description:
        "The image as the change left it. A private one has no `url` and no `variants` here: `GET /images/{image_id}` has them.",
    }),
  ),
);
const portraitData = lazy(() =>
  z
    .object({ owner: owner(), world_id: z.uuid(), piece: Piece() })
    .check(
      z.meta({ id: "PortraitEventData", description: "The character as the change left it." }),
    ),
);
const erasureData = lazy(() =>
  z.object({ owner: owner(), erasure: Erasure() }).check(z.meta({ id: "ErasureEventData" })),
);

const exportData = lazy(() =>
  z.object({ owner: owner(), export: Export() }).check(
    z.meta({
      id: "ExportEventData",
      description: "The export, without its files: `GET /exports/{export_id}` has their URLs.",
    }),
  ),
);

/** The body of each event. */
export const events = {
  "image.published": lazy(() => event("image.published", imageData())),
  "image.rejected": lazy(() => event("image.rejected", imageData())),
  "image.failed": lazy(() => event("image.failed", imageData())),
  "portrait.published": lazy(() => event("portrait.published", portraitData())),
  "portrait.rejected": lazy(() => event("portrait.rejected", portraitData())),
  "portrait.failed": lazy(() => event("portrait.failed", portraitData())),
  "erasure.done": lazy(() => event("erasure.done", erasureData())),
  "export.ready": lazy(() => event("export.ready", exportData())),
  "export.failed": lazy(() => event("export.failed", exportData())),
};

/** What `npm run webhook -- test` sends. It is about nothing, so it is no `Event`. */
export const testEvent = lazy(() =>
  z.object({ type: z.literal("test"), timestamp: timestamp(), data: z.object({}) }),
);

export type TestEvent = z.infer<ReturnType<typeof testEvent>>;

/** What a receiver gets, as JSON: verify its signature with the Standard Webhooks library before it is read. */
export type Event = { [Type in EventType]: z.infer<ReturnType<(typeof events)[Type]>> }[EventType];

import * as z from "zod/mini";

/** Requests that one version of a piece's portrait be published to R2. Carries ids, never bytes. */
export const PortraitMessage = z.object({
  piece_id: z.uuid(),
  // a larger one would be no integer in Postgres, and fail the statement of the whole batch
  version: z.int32().check(z.positive()),
});
export type PortraitMessage = z.infer<typeof PortraitMessage>;

/** Requests that one image be fetched from another platform and published. */
export const RehostMessage = z.object({ image_id: z.uuid() });
export type RehostMessage = z.infer<typeof RehostMessage>;

/** Requests that what arrived for one upload be published: no caller has completed it. */
export const UploadMessage = z.object({ upload_id: z.uuid() });
export type UploadMessage = z.infer<typeof UploadMessage>;

/** Requests that one event be delivered to the stage's receiver. */
export const EventMessage = z.object({ event_id: z.uuid() });
export type EventMessage = z.infer<typeof EventMessage>;

/** Requests that one zip of an export be written. */
export const ExportMessage = z.object({
  export_id: z.uuid(),
  file_index: z.int32().check(z.gte(0)),
});
export type ExportMessage = z.infer<typeof ExportMessage>;

/** The event of `sweep`. The scheduler's own event counts as empty. */
export const SweepEvent = z.object({
  queue_lost: z._default(z.boolean(), false).check(z.describe("The queue lost all its messages.")),
});
export type SweepEvent = z.infer<typeof SweepEvent>;

/** What became of an image or a portrait: for good, or `pending` until it is tried again. */
export type Outcome =
  | { status: "published"; attempts?: number; cause?: undefined }
  | {
      status: "rejected" | "pending" | "failed";
      /** An error code, or of an error that may pass its name. */
      reason: string;
      attempts?: number;
      /** Why, when it was an error. */
      cause?: unknown;
    };

/** Called with what a message, or a request, named by its ids, has led to, once it is in the row. */
export type OnOutcome<Message> = (message: Message, outcome: Outcome) => void;

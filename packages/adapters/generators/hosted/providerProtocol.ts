/** How one provider's API is spoken: a request is submitted, then its URLs are read until there is an image. */
export type Provider = {
  name: string;
  authorization(apiKey: string): string;
  /** The request for one image, which the provider should drop after `seconds`. */
  submission(model: string, input: object, seconds: number): Submission;
  /** What an answer says. Throws `PortraitGenerationError` when the provider ended without an image. */
  read(answer: unknown): Progress;
  cancelMethod: "POST" | "PUT";
};

type Submission = { path: string; body: object; headers: Record<string, string> };

/** The image as a URL or data URI, or that it is not finished. */
export type Progress = { image: string } | Pending;

export type Pending = {
  afterMs: number;
  /** What is read next; the same URL again when undefined. */
  next: string | undefined;
  /** How the request is cancelled; as before when undefined, and empty once there is nothing to cancel. */
  cancel: string | undefined;
};

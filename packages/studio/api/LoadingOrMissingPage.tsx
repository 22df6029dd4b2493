import { KeepsakeError } from "@keepsake/client";
import { Link } from "wouter";
import { LoadingPage, Page } from "../ui/Page.tsx";
import { LoadError } from "./LoadError.tsx";

type Props = {
  noun: "dataset" | "world";
  /** Undefined while it is loading. */
  error: unknown;
  onRetry(): void;
};

/** The page of one thing that is not loaded: it is loading, or it was not found, or loading it has failed. */
export function LoadingOrMissingPage({ noun, error, onRetry }: Props) {
  if (!error) return <LoadingPage />;
  const isNotFound =
    error instanceof KeepsakeError && [`${noun}.not_found`, "input.invalid"].includes(error.code);
  const name = noun === "world" ? "World" : "Dataset";
  return (
    <Page title={isNotFound ? `${name} not found` : `This ${noun} could not be loaded`}>
      {isNotFound ? (
        <p>It was deleted, or it belongs to another account.</p>
      ) : (
        <LoadError error={error} onRetry={onRetry} />
      )}
      <p>
        <Link href={`/${noun}s`}>All your {noun}s</Link>
      </p>
    </Page>
  );
}

import type { Image } from "@keepsake/contract/schemas";
import { CircleSlash } from "../../ui/icons.tsx";
import { Spinner } from "../../ui/Spinner.tsx";
import { platformName } from "../imageNames.ts";
import styles from "./UnpublishedImage.module.css";

/** In place of a picture that is not published yet, or never will be, with the reason. */
export function UnpublishedImage({ image: { status, platform, error } }: { image: Image }) {
  if (status === "pending")
    return (
      <p className={styles.state} role="status">
        <Spinner size={28} />
        Fetching it from {platformName(platform)}…
      </p>
    );
  return (
    <div className={styles.state}>
      <CircleSlash size={28} />
      <p>
        <strong>{status === "rejected" ? "It was rejected." : "It could not be fetched."}</strong>
      </p>
      {error && <p>{error}</p>}
    </div>
  );
}

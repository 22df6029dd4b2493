import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/Button.tsx";
import { pluralize } from "../../ui/format.ts";
import styles from "./GoneCaptions.module.css";

/** Of the number of captions that were discarded and not dismissed since. */
export const goneCaptionsKey = ["discarded captions"];

/** Says how many captions could not be saved since their images or datasets are gone. */
export function GoneCaptions() {
  const queries = useQueryClient();
  const { data: count = 0 } = useQuery<number>({
    queryKey: goneCaptionsKey,
    queryFn: skipToken,
    gcTime: Number.POSITIVE_INFINITY,
  });
  if (count === 0) return null;
  return (
    <div role="status" className={styles.gone}>
      <p>
        {pluralize(count, "caption")} {count === 1 ? "was" : "were"} discarded:{" "}
        {count === 1 ? "its image is" : "their images are"} no longer in the dataset.
      </p>
      <Button size="small" onClick={() => queries.setQueryData(goneCaptionsKey, 0)}>
        Dismiss
      </Button>
    </div>
  );
}

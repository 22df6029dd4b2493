import type { World } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { ImagePlus } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import { worldsKey } from "./useWorlds.ts";
import styles from "./WorldPictureField.module.css";

/** Chooses or removes the picture of a world, at once. */
export function WorldPictureField({ world, refresh }: { world: World; refresh(): Promise<void> }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [isPicking, setIsPicking] = useState(false);
  const choose = useRef<HTMLButtonElement>(null);
  const { world_id, image } = world;
  const change = useMutation({
    mutationFn: (image_id: string | null) => client.updateWorld({ world_id, image_id }),
    async onSuccess() {
      queries.invalidateQueries({ queryKey: worldsKey });
      await refresh();
    },
  });

  return (
    <fieldset className={styles.field}>
      <legend>Picture</legend>
      <p className={text.hint}>
        {image
          ? "Shown above, and on the card of this world."
          : "None: the portraits are shown instead."}
      </p>
      <div className={styles.buttons}>
        <Button
          ref={choose}
          size="small"
          aria-disabled={change.isPending}
          onClick={() => !change.isPending && setIsPicking(true)}
        >
          <ImagePlus aria-hidden size={16} /> {image ? "Choose another" : "Choose a picture"}
        </Button>
        {image && (
          <Button
            size="small"
            onClick={() => {
              choose.current?.focus();
              change.mutate(null);
            }}
          >
            Remove the picture
          </Button>
        )}
      </div>
      {change.isError && <ErrorMessage error={change.error} />}
      {isPicking && (
        <ImagePicker
          title="The picture of this world"
          onPick={({ image_id }) => {
            setIsPicking(false);
            change.mutate(image_id);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </fieldset>
  );
}

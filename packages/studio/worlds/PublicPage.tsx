import type { World } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import text from "../ui/text.module.css";
import { isGone } from "./isGone.ts";
import styles from "./PublicPage.module.css";
import { worldsKey } from "./useWorlds.ts";

type Props = { world: World; title: string; refresh(): Promise<void> };

/** Switches the public page of a world on and off. Only while it is on there is a link that others can open. */
export function PublicPage({ world, title, refresh }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const { world_id, page } = world;
  const isOn = Boolean(page);
  const change = useMutation({
    async mutationFn(on: boolean) {
      await (on ? client.publishWorldPage({ world_id }) : client.unpublishWorldPage({ world_id }));
      setIsAsking(false);
      queries.invalidateQueries({ queryKey: worldsKey });
      await refresh();
    },
    onError: (error) => isGone(error) && refresh(),
  });

  return (
    <section className={styles.page} aria-label="Public page">
      <label className={styles.label}>
        <input
          type="checkbox"
          role="switch"
          className={styles.switch}
          checked={isOn}
          aria-checked={isOn}
          aria-busy={change.isPending}
          onChange={() => {
            if (change.isPending) return;
            if (isOn) setIsAsking(true);
            else change.mutate(true);
          }}
        />
        Public page
        <span className={styles.state}>{isOn ? "On" : "Off"}</span>
      </label>
      <p className={text.hint}>
        {isOn
          ? "Anyone with this address sees the title, theme, story and picture of this world, and the names, descriptions, traits and portraits in it. Nothing else of yours."
          : "Only you see this world. Switched on, it gets a page that anyone with its address can open."}
      </p>
      {page && (
        <div className={styles.address}>
          <a href={page.url} target="_blank" rel="noreferrer">
            {page.url}
          </a>
          <CopyButton size="small" value={page.url} label="Copy link" of={title} />
        </div>
      )}
      {change.isError && !isAsking && <ErrorMessage error={change.error} />}
      {isAsking && (
        <Dialog
          title="Switch the public page off?"
          onClose={() => setIsAsking(false)}
          actions={
            <>
              <Button onClick={() => setIsAsking(false)}>Cancel</Button>
              <Button
                variant="danger"
                aria-disabled={change.isPending}
                onClick={() => !change.isPending && change.mutate(false)}
              >
                {change.isPending ? "Switching off…" : "Switch it off"}
              </Button>
            </>
          }
        >
          <p>
            Its address stops working for good, within a minute. Switched on again, the page gets
            another address.
          </p>
          {change.isError && <ErrorMessage error={change.error} />}
        </Dialog>
      )}
    </section>
  );
}

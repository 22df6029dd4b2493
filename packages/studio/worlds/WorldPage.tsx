import { KeepsakeError } from "@keepsake/client";
import { useWorld } from "@keepsake/client/react";
import type { World } from "@keepsake/contract/schemas";
import { useEffect, useRef, useState } from "react";
import { LoadingOrMissingPage } from "../api/LoadingOrMissingPage.tsx";
import { DeletedWorldPage } from "./DeletedWorldPage.tsx";
import { DeleteWorld } from "./DeleteWorld.tsx";
import { WorldDetails } from "./WorldDetails.tsx";

/** One world, and its deletion, whose receipt stays when the world is gone. */
export function WorldPage({ world_id }: { world_id: string }) {
  const { world, error, refresh } = useWorld(world_id);
  const [deletedTitle, setDeletedTitle] = useState<string>();
  const shown = useRef<World>(undefined);
  if (world) shown.current = world;
  const isGone = error instanceof KeepsakeError && error.code === "world.not_found";

  // its texts may have been changed elsewhere meanwhile
  useEffect(() => {
    const onReturn = () => document.visibilityState === "visible" && refresh();
    addEventListener("focus", onReturn);
    return () => removeEventListener("focus", onReturn);
  }, [refresh]);

  return (
    <>
      {world ? (
        <WorldDetails world={world} error={error} refresh={refresh} onDelete={setDeletedTitle} />
      ) : isGone ? (
        <DeletedWorldPage world_id={world_id} world={shown.current} />
      ) : (
        <LoadingOrMissingPage noun="world" error={error} onRetry={refresh} />
      )}
      {deletedTitle !== undefined && (
        <DeleteWorld
          world_id={world_id}
          title={deletedTitle}
          onClose={() => setDeletedTitle(undefined)}
        />
      )}
    </>
  );
}

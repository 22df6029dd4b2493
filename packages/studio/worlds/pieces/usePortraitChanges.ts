import { KeepsakeError } from "@keepsake/client";
import type { Image, Piece, World } from "@keepsake/contract/schemas";
import { useMutation, useMutationState } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { isGone } from "../isGone.ts";
import { callersDetails } from "./pieceTexts.ts";
import { useUnsentPortrait } from "./unsentPortraits.ts";

/**
 * Changes of one portrait. A generated one is stored in this browser until the API has it, and its generation goes on
 * while another page is shown.
 */
export function usePortraitChanges(world: World, piece: Piece, refresh: () => Promise<void>) {
  const { client } = useSession();
  const { world_id, theme } = world;
  const { piece_id, name, description, details } = piece;
  const unsent = useUnsentPortrait(piece_id);
  const [dismissedAt, setDismissedAt] = useState(0);
  const mutationKey = ["portrait", piece_id];
  const states = useMutationState({ filters: { mutationKey } });
  const latest = states.at(-1);

  const send = async (image_portrait_base64: string) => {
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await unsent.store(undefined);
    await refresh();
  };
  const change = useMutation({
    mutationKey,
    async mutationFn(from: "generator" | "unsent" | Image) {
      if (from === "unsent") return send(unsent.base64!);
      if (from !== "generator") {
        await client.replacePortrait({ world_id, piece_id, image_id: from.image_id });
        return refresh();
      }
      const repaint = { name, description, details: callersDetails(details) };
      for await (const event of client.streamCharacters({ theme, repaint })) {
        if (event.type === "portrait_error") throw notGenerated(event.portrait_error);
        if (event.type !== "portrait") continue;
        await unsent.store(event.image_portrait_base64);
        return send(event.image_portrait_base64);
      }
      throw notGenerated("failed");
    },
    onError: (error) => isGone(error) && refresh(),
  });

  const isBusy = latest?.status === "pending";
  const hasFailed = latest?.status === "error" && latest.submittedAt > dismissedAt;
  return {
    isBusy,
    isGenerating: isBusy && latest.variables === "generator",
    /** Why the last change failed. */
    error: hasFailed ? latest.error : undefined,
    dismissError: () => setDismissedAt(latest?.submittedAt ?? 0),
    generate: () => !isBusy && change.mutate("generator"),
    choose: (image: Image) => !isBusy && change.mutate(image),
    /** Whether a portrait was generated that the API does not have. */
    unsent: unsent.base64 !== undefined,
    sendUnsent: () => !isBusy && change.mutate("unsent"),
    discardUnsent: () => unsent.store(undefined),
  };
}

export type PortraitChanges = ReturnType<typeof usePortraitChanges>;

const notGenerated = (reason: "timeout" | "refused" | "failed") =>
  new KeepsakeError("generation.failed", reasons[reason]);

const reasons = {
  timeout: "The generator took too long. The portrait stays as it was. Try again.",
  refused:
    "The generator refused this portrait. Change the description, or use one of your images.",
  failed: "A portrait could not be generated. The portrait stays as it was. Try again.",
};

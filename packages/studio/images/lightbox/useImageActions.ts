import type { UpdateImageRequest } from "@keepsake/client";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { imageKey } from "./useImageById.ts";

export type ImageActions = ReturnType<typeof useImageActions>;

/** Changes and deletes images. The gallery follows by itself (`imageChanges.ts`). */
export function useImageActions() {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMemo(
    () => ({
      async update(image_id: string, changes: Omit<UpdateImageRequest, "image_id">) {
        const { image } = await client.updateImage({ image_id, ...changes });
        queries.setQueryData(imageKey(image_id), image);
      },
      async remove(image_id: string, { force }: { force: boolean }) {
        return (await client.deleteImage({ image_id, ...(force && { force }) })).erasure;
      },
    }),
    [client, queries],
  );
}

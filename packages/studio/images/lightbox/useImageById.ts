import type { Image } from "@keepsake/contract/schemas";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { useSession } from "../../session/SessionProvider.tsx";

export const imageKey = (image_id: string) => ["image", image_id];

/** An image of the list, or else, as after a direct visit, as the API has it. One that was deleted stays as it was. */
export function useImageById(image_id: string, listed: Image | undefined) {
  const { client } = useSession();
  const last = useRef<Image>(undefined);
  if (listed) last.current = listed;
  const wasListed = last.current?.image_id === image_id;
  const { data, error, refetch } = useQuery({
    queryKey: imageKey(image_id),
    queryFn: async () => (await client.getImage({ image_id })).image,
    enabled: !wasListed,
    refetchInterval: ({ state }) => (state.data?.status === "pending" ? 2_000 : false),
  });
  return {
    found: listed ?? (wasListed ? last.current : data),
    error: wasListed ? null : error,
    retry: refetch,
  };
}

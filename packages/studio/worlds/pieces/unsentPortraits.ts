import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, update } from "idb-keyval";
import { useSession } from "../../session/SessionProvider.tsx";
import { generatedKey } from "../edits/storedEdits.ts";

/** What was generated and the API does not have: base64 of portraits by piece. */
type Stored = { portraits?: Record<string, string> };

/** A portrait that was generated for a piece and is not saved. This browser stores it, so that it need not be generated again. */
export function useUnsentPortrait(piece_id: string) {
  const { id } = useSession();
  const queries = useQueryClient();
  const queryKey = ["unsent portraits", id];
  const { data } = useQuery({
    queryKey,
    queryFn: async () => (await get<Stored>(generatedKey(id)).catch(() => null))?.portraits ?? {},
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    base64: data?.[piece_id],
    /** Stores it, or forgets it. */
    async store(base64: string | undefined) {
      const change = (before: Record<string, string> = {}) => {
        const { [piece_id]: _, ...others } = before;
        return base64 === undefined ? others : { ...others, [piece_id]: base64 };
      };
      queries.setQueryData<Record<string, string>>(queryKey, change);
      await update<Stored>(generatedKey(id), (before) => ({
        ...before,
        portraits: change(before?.portraits),
      })).catch(() => {});
    },
  };
}

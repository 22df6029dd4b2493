import type { Output } from "@keepsake/contract/api";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSession } from "../session/SessionProvider.tsx";

export type TelegramAccount = Output<"listTelegramAccounts">["accounts"][number];

export const accountsKey = ["telegram accounts"];

const pollMs = 2_000;

/** The linked accounts, the last one first. Loaded again when the page gets the focus, and every two seconds while a link may be used. */
export function useTelegramAccounts({ mayBeLinked }: { mayBeLinked: boolean }) {
  const { client } = useSession();
  const list = useQuery({
    queryKey: accountsKey,
    queryFn: async ({ signal }) => (await client.listTelegramAccounts({}, { signal })).accounts,
    staleTime: 0,
    refetchInterval: mayBeLinked ? pollMs : false,
  });
  const { refetch } = list;
  useEffect(() => {
    const load = () => void refetch();
    addEventListener("focus", load); // of the window: another one may have covered it, which hides nothing
    return () => removeEventListener("focus", load);
  }, [refetch]);
  return list;
}

/** Telegram's own name of the account; its number for those that were linked before names were stored. */
export const accountName = ({ name, telegram_id }: TelegramAccount) =>
  name ?? `Account ${telegram_id}`;

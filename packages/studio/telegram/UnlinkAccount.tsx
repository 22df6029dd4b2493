import { useImages } from "@keepsake/client/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { accountName, accountsKey, type TelegramAccount } from "./useTelegramAccounts.ts";

type Props = { account: TelegramAccount; onClose(): void };

/** Asks, says what becomes of the account's pictures, and unlinks it. */
export function UnlinkAccount({ account, onClose }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { refresh } = useImages();
  const { telegram_id } = account;
  const unlinking = useMutation({
    mutationFn: () => client.unlinkTelegram({ telegram_id }),
    async onSuccess() {
      queries.setQueryData<TelegramAccount[]>(accountsKey, (accounts) =>
        accounts?.filter((other) => other.telegram_id !== telegram_id),
      );
      onClose();
      await Promise.all([queries.invalidateQueries(), refresh()]);
    },
  });
  return (
    <Dialog
      title="Unlink this account?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            disabled={unlinking.isPending}
            onClick={() => unlinking.mutate()}
          >
            {unlinking.isPending ? "Unlinking…" : "Unlink"}
          </Button>
        </>
      }
    >
      <p>
        The pictures that <bdi>{accountName(account)}</bdi> sent leave your gallery and your
        datasets. They are not deleted: their addresses go on working, and they are in your gallery
        again when you link the account again.
      </p>
      <p>To delete pictures instead, delete them in your gallery before you unlink.</p>
      {unlinking.isError && <ErrorMessage error={unlinking.error} />}
    </Dialog>
  );
}

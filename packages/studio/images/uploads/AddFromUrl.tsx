import { KeepsakeError } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import { isAllowedHost } from "@keepsake/contract/rehostHosts";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field } from "../../ui/Field.tsx";
import text from "../../ui/text.module.css";
import { sitesOf } from "./siteNames.ts";

type Props = { url?: string; onClose(): void };

/** Adds a picture by its address. The API fetches it, also when this page is closed meanwhile. */
export function AddFromUrl({ url = "", onClose }: Props) {
  const { client } = useSession();
  const { data } = useQuery({
    queryKey: ["rehost hosts"],
    queryFn: ({ signal }) => client.listRehostHosts({}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [error, setError] = useState<unknown>();
  const [isFetching, setIsFetching] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("url")).trim();
    setError(undefined);
    const address = URL.parse(typed);
    if (address?.protocol !== "https:")
      return setError(new KeepsakeError("input.invalid", noAddress));
    if (data && !isAllowedHost(address.hostname, data.hosts))
      return setError(new KeepsakeError("input.invalid", hostRefused(address.hostname)));
    setIsFetching(true);
    try {
      await client.rehostImage({ wait: true, source: { platform: "url", url: typed } });
      onClose();
    } catch (error) {
      setError(error);
      setIsFetching(false);
    }
  };

  return (
    <Dialog title="Add a picture from a URL" onClose={onClose}>
      <form id="from-url" onSubmit={submit}>
        <Field label="Address of the picture">
          <input
            data-focus-first
            name="url"
            type="url"
            dir="auto"
            required
            defaultValue={url}
            maxLength={limits.source_url_chars}
            placeholder="https://"
            autoComplete="off"
          />
        </Field>
      </form>
      {error !== undefined && <ErrorMessage error={error} />}
      {data && <p className={text.hint}>Works with pictures from {sitesOf(data.hosts)}.</p>}
      <div>
        <Button type="submit" form="from-url" variant="primary" disabled={isFetching}>
          {isFetching ? "Fetching…" : "Add picture"}
        </Button>
      </div>
    </Dialog>
  );
}

const noAddress =
  "This is not the address of a picture: copy it from the picture itself. It starts with https://";

const hostRefused = (host: string) =>
  `Keepsake cannot fetch pictures from ${host}. Save the picture, and upload the file.`;

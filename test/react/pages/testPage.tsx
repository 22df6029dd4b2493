import { type Client, createClient } from "@keepsake/client";
import {
  Dropzone,
  type DropzoneProps,
  KeepsakeProvider,
  type Upload,
  UploadButton,
  type UploadButtonProps,
  useImages,
  useUpload,
  useWorld,
} from "@keepsake/client/react";
import { StrictMode, useEffect } from "react";
import { Uploads } from "./ownDesign.tsx";

/** What a page needs to act for an owner, and which of the parts below it shows. */
export type PageOptions = {
  api: string;
  token: string;
  dropzone?: Pick<DropzoneProps, "disabled" | "maxFiles" | "wholePage">;
  world_id?: string;
  /** One of the examples of docs/react.md, in place of the rest. */
  shows?: "ownDesign" | "withoutReact";
  /** A component that uploads this text as a private picture when it is mounted. */
  mountsWith?: string;
  /** A button in the dropzone, with these options. */
  button?: Pick<UploadButtonProps, "directory" | "visibility">;
};

export function App({ client, options }: { client: Client; options: PageOptions }) {
  return (
    <StrictMode>
      <KeepsakeProvider client={client}>
        <main>
          <h1>Pictures</h1>
          {options.shows === "ownDesign" ? (
            <Uploads />
          ) : options.world_id === undefined ? (
            <>
              {options.mountsWith && <UploadsOnMount base64={options.mountsWith} />}
              <Dropzone {...options.dropzone}>
                {options.button && <UploadButton {...options.button} />}
              </Dropzone>
              <Pictures />
              <label>
                Note <textarea />
              </label>
            </>
          ) : (
            <Portraits world_id={options.world_id} />
          )}
        </main>
      </KeepsakeProvider>
    </StrictMode>
  );
}

export const clientOf = ({ api, token }: PageOptions) => createClient({ baseUrl: api, token });

function UploadsOnMount({ base64 }: { base64: string }) {
  return <AddsOnMount upload={useUpload({ visibility: "private" })} base64={base64} />;
}

function AddsOnMount({ upload: { add }, base64 }: { upload: Upload; base64: string }) {
  useEffect(() => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    add([new File([bytes], "mounted.png", { type: "image/png" })]);
  }, [add, base64]);
  return null;
}

function Pictures() {
  const { images, status, error, hasMore, loadMore, refresh, update, remove } = useImages();
  return (
    <section aria-label="Gallery" data-status={status}>
      {error && <p role="alert">{error.message}</p>}
      <ul>
        {images.map(({ image_id, url, filename, alt, error }) => (
          <li key={image_id}>
            <img src={url ?? undefined} alt={alt ?? filename ?? ""} width={32} height={32} />
            {error}
            <button type="button" onClick={() => update(image_id, { alt: `Seen ${filename}` })}>
              Describe {filename}
            </button>
            <button type="button" onClick={() => remove(image_id)}>
              Delete {filename}
            </button>
          </li>
        ))}
      </ul>
      {hasMore && (
        <button type="button" onClick={loadMore}>
          Load more
        </button>
      )}
      <button type="button" onClick={refresh}>
        Refresh
      </button>
    </section>
  );
}

function Portraits({ world_id }: { world_id: string }) {
  const { world, status, error, refresh } = useWorld(world_id);
  return (
    <section aria-label="World" data-status={status}>
      {error && <p role="alert">{error.message}</p>}
      <h2>{world?.title}</h2>
      <ul>
        {world?.pieces.map(({ piece_id, name, portrait_status, details }) => (
          <li key={piece_id} data-status={portrait_status}>
            {typeof details.image_portrait === "string" && (
              <img src={details.image_portrait} alt={name} />
            )}
          </li>
        ))}
      </ul>
      <button type="button" onClick={refresh}>
        Refresh
      </button>
    </section>
  );
}

import { KeepsakeProvider, type QueuedFile, useUpload } from "@keepsake/client/react";
import type { Image } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { lazyPart } from "../ui/lazyPart.tsx";
import { withOpenUploads } from "./uploads/openUploads.ts";
import type { TrayUploads } from "./uploads/TrayContent.tsx";
import { joinUploadTabs, type UploadTab } from "./uploads/uploadTabs.ts";
import { type StoredQueue, useStoredUploads } from "./uploads/useStoredUploads.ts";

export type SessionUploads = TrayUploads & {
  /** Uploads files for a place, and calls `onPublished` with their images, also when another page is shown by then. */
  addFor(place: string, files: File[], onPublished: OnPublished): void;
  /** Those of a place that are no images yet. */
  filesFor(place: string): QueuedFile[];
};

const UploadTray = lazyPart(async () => (await import("./uploads/UploadTray.tsx")).UploadTray);

type OnPublished = (images: Image[]) => void;

const Context = createContext<SessionUploads | undefined>(undefined);

/**
 * Uploads continue while other sections are shown. This browser stores the files until they are published, so that they
 * go on after a reload, in another tab, or when the same person signs in again.
 */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const { client, id: owner } = useSession();
  const onFiles = useRef<StoredQueue["resume"]>(() => {});
  const [session] = useState(() => {
    const ending = new AbortController();
    const tab = joinUploadTabs({
      owner,
      signal: ending.signal,
      onFiles: (files) => onFiles.current(files),
    });
    return { ending, tab, client: withOpenUploads(client, owner, tab.name) };
  });
  useEffect(() => () => session.ending.abort(), [session]);
  return (
    <KeepsakeProvider client={session.client}>
      <Uploads tab={session.tab} onFiles={onFiles}>
        {children}
      </Uploads>
    </KeepsakeProvider>
  );
}

type UploadsProps = {
  tab: UploadTab;
  onFiles: { current: StoredQueue["resume"] };
  children: ReactNode;
};

function Uploads({ tab, onFiles, children }: UploadsProps) {
  const { id: owner } = useSession();
  const upload = useUpload({ reuse: true });
  const { clear, cancel, files, remove } = upload;
  /** By the id of the file. */
  const places = useRef(new Map<string, { place: string; onPublished: OnPublished }>()).current;
  const addToDataset = useAddToDataset();
  const finish = useCallback(
    ({ id, image }: QueuedFile, place: string | undefined) =>
      place && image && !places.has(id) ? addToDataset(place, image) : undefined,
    [places, addToDataset],
  );
  const { add, resume, isUnstored } = useStoredUploads(upload, owner, tab, finish);
  onFiles.current = resume;

  useEffect(() => {
    const published = Map.groupBy(
      files.filter(({ id, image }) => image && places.has(id)),
      ({ id }) => places.get(id)!.onPublished,
    );
    for (const [onPublished, files] of published) {
      onPublished(files.map(({ image }) => image!));
      for (const { id } of files) {
        places.delete(id);
        remove(id);
      }
    }
  }, [files, places, remove]);

  const uploads = useMemo(
    (): SessionUploads => ({
      ...upload,
      add,
      isUnstored,
      addFor(place, files, onPublished) {
        for (const id of add(files, place)) places.set(id, { place, onPublished });
      },
      filesFor: (place) =>
        upload.files.filter(({ id, image }) => !image && places.get(id)?.place === place),
      cancelAll() {
        cancel();
        clear("cancelled", "failed");
      },
    }),
    [upload, add, cancel, clear, isUnstored, places],
  );
  return (
    <Context value={uploads}>
      {children}
      <UploadTray uploads={uploads} />
    </Context>
  );
}

/** The upload queue of the session. */
export function useUploads(): SessionUploads {
  const upload = useContext(Context);
  if (!upload) throw new Error("useUploads needs an UploadsProvider above it");
  return upload;
}

const datasetPlace = "dataset ";

/** The place of a dataset: its files get into it also after a reload. */
export const placeOfDataset = (dataset_id: string) => `${datasetPlace}${dataset_id}`;

/** Adds an image to the dataset that its file was uploaded for, when the page that would do it is gone. */
function useAddToDataset() {
  const { client } = useSession();
  const queries = useQueryClient();
  return useCallback(
    async (place: string, { image_id }: Image) => {
      if (!place.startsWith(datasetPlace)) return;
      const dataset_id = place.slice(datasetPlace.length);
      await client.putDatasetItems({ dataset_id, items: [{ image_id }] }).catch((error) => {
        if (error?.code !== "dataset.not_found") throw error;
      });
      queries.invalidateQueries();
    },
    [client, queries],
  );
}

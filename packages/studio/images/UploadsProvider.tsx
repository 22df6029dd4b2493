import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { createUploadQueue, isUnfinished, type UploadQueue } from "./uploadQueue.ts";
import { putImage } from "./useImages.ts";

const Context = createContext<UploadQueue | undefined>(undefined);

/** Uploads continue while other sections are shown, until they finish or the session ends. */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [queue] = useState(() => createUploadQueue(client, (image) => putImage(queries, image)));
  useEffect(() => queue.stop, [queue]);

  const isBusy = useSyncExternalStore(queue.subscribe, () => queue.snapshot().some(isUnfinished));
  useEffect(() => {
    if (!isBusy) return;
    const warn = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isBusy]);

  return <Context value={queue}>{children}</Context>;
}

/** The upload queue with its current uploads, oldest first. */
export function useUploads() {
  const queue = useContext(Context);
  if (!queue) throw new Error("useUploads needs an UploadsProvider above it");
  return { ...queue, uploads: useSyncExternalStore(queue.subscribe, queue.snapshot) };
}

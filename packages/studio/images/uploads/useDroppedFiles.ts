import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { readDrop } from "./readDrop.ts";

export type DroppedFiles = {
  /** Dropped on a page that is not about images. */
  offered: File[];
  /** The names of files in folders that are no pictures. */
  skipped: string[];
  accept(): void;
  decline(): void;
  forgetSkipped(): void;
};

/**
 * Files and folders that are dropped or pasted anywhere: on the page of images they are uploaded at once, elsewhere they
 * are offered. What a part of the page takes itself, with `preventDefault`, is left to it.
 */
export function useDroppedFiles(add: (files: File[]) => unknown): DroppedFiles {
  const [location] = useLocation();
  const [offered, setOffered] = useState<File[]>([]);
  const [skipped, setSkipped] = useState<string[]>([]);
  const take = useRef<(files: File[]) => void>(() => {});
  useEffect(() => {
    take.current = (files) => {
      if (files.length === 0) return;
      if (location.startsWith("/images")) add(files);
      else setOffered((before) => [...before, ...files]);
    };
  });

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    let isFromThisPage = false; // dragging a picture of the page counts as a file, too
    document.addEventListener("dragstart", () => (isFromThisPage = true), { signal });
    document.addEventListener("pointermove", () => (isFromThisPage = false), { signal });
    // before the dropzone's own listeners, which are on the window
    document.addEventListener(
      "drop",
      async (event) => {
        const { dataTransfer } = event;
        if (event.defaultPrevented || isFromThisPage || !dataTransfer?.types.includes("Files"))
          return;
        event.preventDefault();
        const { pictures, others } = await readDrop(dataTransfer);
        if (signal.aborted) return;
        setSkipped(others);
        take.current(pictures);
      },
      { signal },
    );
    document.addEventListener(
      "paste",
      (event) => {
        const files = Array.from(event.clipboardData?.files ?? []);
        const isTyping = event.target instanceof Element && event.target.closest(textFields);
        if (event.defaultPrevented || files.length === 0 || isTyping) return;
        event.preventDefault();
        take.current(files);
      },
      { signal },
    );
    return () => listening.abort();
  }, []);

  return useMemo(
    () => ({
      offered,
      skipped,
      accept() {
        add(offered);
        setOffered([]);
      },
      decline: () => setOffered([]),
      forgetSkipped: () => setSkipped([]),
    }),
    [add, offered, skipped],
  );
}

export const textFields = "input:not([type=file]), textarea, [contenteditable]";

import { useEffect, useRef, useState } from "react";
import { readDrop } from "./uploads/readDrop.ts";

/**
 * Calls `onFiles` with the pictures that are dropped anywhere or pasted while a dialog is shown, before the page takes
 * them. Returns whether files are being dragged over the page.
 */
export function useFilesForDialog(onFiles: (files: File[]) => void): boolean {
  const [isDragging, setIsDragging] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const listening = new AbortController();
    const options = { signal: listening.signal, capture: true };
    let isFromThisPage = false; // dragging a picture of the page counts as a file, too
    const isOfFiles = ({ dataTransfer }: DragEvent) =>
      !isFromThisPage && dataTransfer?.types.includes("Files");
    document.addEventListener("dragstart", () => (isFromThisPage = true), options);
    document.addEventListener("dragend", () => (isFromThisPage = false), options);
    document.addEventListener(
      "dragover",
      (event) => {
        if (!isOfFiles(event)) return;
        event.preventDefault();
        setIsDragging(true);
      },
      options,
    );
    document.addEventListener(
      "dragleave",
      (event) => event.relatedTarget === null && setIsDragging(false),
      options,
    );
    document.addEventListener(
      "drop",
      async (event) => {
        setIsDragging(false);
        if (!isOfFiles(event)) return;
        event.preventDefault();
        const { pictures } = await readDrop(event.dataTransfer!);
        if (pictures.length > 0) latest.current(pictures);
      },
      options,
    );
    document.addEventListener(
      "paste",
      (event) => {
        const files = Array.from(event.clipboardData?.files ?? []);
        if (files.length === 0) return;
        event.preventDefault();
        latest.current(files);
      },
      options,
    );
    return () => listening.abort();
  }, []);
  return isDragging;
}

import { useEffect, useState } from "react";

/** Passes on files that are dropped anywhere on the page. True while files are dragged over it. */
export function useDroppedFiles(onFiles: (files: File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    let isFromThisPage = false; // dragging one of our pictures counts as a file, too
    const holdsFiles = ({ dataTransfer }: DragEvent) =>
      !isFromThisPage && dataTransfer !== null && dataTransfer.types.includes("Files");

    addEventListener("dragstart", () => (isFromThisPage = true), { signal });
    addEventListener("dragend", () => (isFromThisPage = false), { signal });
    addEventListener(
      "dragover",
      (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault(); // allows the drop
        setIsOver(true);
      },
      { signal },
    );
    // fired between elements, too; only leaving the window has no `relatedTarget`
    addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? setIsOver(false), {
      signal,
    });
    addEventListener(
      "drop",
      (event) => {
        setIsOver(false);
        if (!holdsFiles(event)) return;
        event.preventDefault(); // otherwise the browser opens them
        onFiles(Array.from(event.dataTransfer!.files));
      },
      { signal },
    );
    return () => listeners.abort();
  }, [onFiles]);
  return isOver;
}

/** Passes on files that are pasted anywhere on the page except into a text field. */
export function usePastedFiles(onFiles: (files: File[]) => void) {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const isTyping = (event.target as Element).closest?.("input, textarea, [contenteditable]");
      const files = Array.from(event.clipboardData?.files ?? []);
      if (isTyping || files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [onFiles]);
}

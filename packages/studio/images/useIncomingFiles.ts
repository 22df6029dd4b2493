import { useEffect, useState } from "react";

/** Takes files that are dropped anywhere on the page. True while some are held over it. */
export function useDroppedFiles(onFiles: (files: File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    let isOurs = false; // pictures of this page are dragged as files, too
    const holdsFiles = ({ dataTransfer }: DragEvent) =>
      !isOurs && dataTransfer !== null && dataTransfer.types.includes("Files");

    addEventListener("dragstart", () => (isOurs = true), { signal });
    addEventListener("dragend", () => (isOurs = false), { signal });
    addEventListener(
      "dragover",
      (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault(); // says that they may be dropped
        setIsOver(true);
      },
      { signal },
    );
    // entering one element leaves another: only the window itself is left for nothing
    addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? setIsOver(false), {
      signal,
    });
    addEventListener(
      "drop",
      (event) => {
        setIsOver(false);
        if (!holdsFiles(event)) return;
        event.preventDefault(); // or the browser would open them
        onFiles(Array.from(event.dataTransfer!.files));
      },
      { signal },
    );
    return () => listening.abort();
  }, [onFiles]);
  return isOver;
}

/** Takes files that are pasted anywhere on the page but into a field. */
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

import { type RefObject, useEffect, useRef, useState } from "react";
import type { Upload } from "../useUpload.ts";
import { droppedFiles } from "./droppedFiles.ts";

type Options = { upload: Upload; disabled: boolean; wholePage: boolean };

/**
 * Adds files to the queue that are dropped on an element, or anywhere on the page, or pasted outside a text field.
 * True while files are dragged over it.
 */
export function useIncomingFiles(
  zone: RefObject<HTMLElement | null>,
  { upload, disabled, wholePage }: Options,
): boolean {
  const [isDragging, setIsDragging] = useState(false);
  const latest = useRef(upload);
  useEffect(() => {
    latest.current = upload;
  });

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const target: HTMLElement | Window = wholePage ? window : zone.current!;
    const listen = <Name extends keyof WindowEventMap>(
      on: HTMLElement | Window,
      name: Name,
      listener: (event: WindowEventMap[Name]) => void,
    ) => on.addEventListener(name, listener as EventListener, { signal });

    let isFromThisPage = false; // dragging a picture of the page counts as a file, too
    listen(window, "dragstart", () => (isFromThisPage = true));
    listen(window, "dragend", () => (isFromThisPage = false));
    // no "dragend" follows when the picture is removed; and while one is dragged, no pointer moves
    listen(window, "pointermove", () => (isFromThisPage = false));
    const holdsFiles = ({ dataTransfer }: DragEvent) =>
      !isFromThisPage && dataTransfer !== null && dataTransfer.types.includes("Files");

    // a file that is dropped beside a dropzone would replace the page
    const isIgnored = (event: DragEvent) =>
      !event.defaultPrevented && holdsFiles(event) && !document.querySelector(wholePageZones);
    listen(window, "dragover", (event) => {
      if (!isIgnored(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = "none";
    });
    listen(window, "drop", (event) => {
      if (isIgnored(event)) event.preventDefault();
    });
    if (disabled) return () => listening.abort();

    listen(target, "dragover", (event) => {
      if (event.defaultPrevented || !holdsFiles(event)) return;
      event.preventDefault(); // allows the drop
      event.dataTransfer!.dropEffect = "copy";
      setIsDragging(true);
    });
    // fired between elements, too: only leaving the window has no `relatedTarget`
    listen(target, "dragleave", ({ relatedTarget }) => {
      const isInside = wholePage ? relatedTarget : zone.current?.contains(relatedTarget as Node);
      if (!isInside) setIsDragging(false);
    });
    listen(target, "drop", async (event) => {
      setIsDragging(false);
      if (event.defaultPrevented || !holdsFiles(event)) return;
      event.preventDefault(); // otherwise the browser opens them
      const files = await droppedFiles(event.dataTransfer!, latest.current.accept);
      if (files.length > 0 && !signal.aborted) latest.current.add(files);
    });
    listen(window, "paste", (event) => {
      const files = Array.from(event.clipboardData?.files ?? []);
      if (event.defaultPrevented || files.length === 0 || isMeantFor(event.target)) return;
      event.preventDefault(); // another dropzone of the page does not take them as well
      latest.current.add(files);
    });
    /** Pasted into a text field or into another dropzone. */
    const isMeantFor = (pasted: EventTarget | null) => {
      const other = pasted instanceof Element && pasted.closest(`${textFields}, ${dropzones}`);
      return other && other !== zone.current;
    };

    return () => {
      listening.abort();
      setIsDragging(false);
    };
  }, [zone, disabled, wholePage]);

  return isDragging;
}

const textFields = "input:not([type=file]), textarea, [contenteditable]";
const dropzones = "[data-keepsake=dropzone]";
const wholePageZones = `${dropzones}[data-whole-page]:not([data-disabled])`;

import { useEffect } from "react";
import { textFields } from "./useDroppedFiles.ts";

/** Calls `onUrl` with an https address that is pasted into the page, outside its text fields. */
export function usePastedUrl(onUrl: (url: string) => void) {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.target instanceof Element && event.target.closest(textFields)) return;
      const pasted = event.clipboardData?.getData("text/plain").trim() ?? "";
      if (!/^https:\/\/\S+$/.test(pasted)) return;
      event.preventDefault(); // else it would be pasted again, into the field that gets the focus
      onUrl(pasted);
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [onUrl]);
}

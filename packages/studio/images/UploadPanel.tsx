import { limits } from "@keepsake/contract/limits";
import { ImagePlus } from "lucide-react";
import { type RefObject, useEffect, useRef } from "react";
import { bytesText, plural } from "../api/errorText.ts";
import { ChooseFiles } from "./ChooseFiles.tsx";
import { UploadRow } from "./UploadRow.tsx";
import { useUploads } from "./UploadsProvider.tsx";
import type { Upload } from "./uploadQueue.ts";
import { useDroppedFiles, usePastedFiles } from "./useIncomingFiles.ts";

/** Where pictures come in, and what is on its way. */
export function UploadPanel() {
  const { add, cancel, dismiss, dismissDone, retry, uploads } = useUploads();
  const isOver = useDroppedFiles(add);
  usePastedFiles(add);
  useEffect(() => dismissDone, [dismissDone]); // who comes back finds them in the gallery

  const section = useRef<HTMLElement>(null);
  useFocusOfGone(section, uploads.length);
  const summary = summaryOf(uploads);

  return (
    <section ref={section} tabIndex={-1} aria-label="Uploads" className="card intake">
      <div className={isOver ? "intake-zone over" : "intake-zone"}>
        <ImagePlus aria-hidden size={30} strokeWidth={1.5} />
        <div>
          <p className="intake-call">Drop pictures anywhere on this page, or paste them</p>
          <p className="hint">
            PNG, JPEG, WebP, AVIF or GIF, up to {bytesText(limits.image_bytes)} each
          </p>
        </div>
        <ChooseFiles label="Choose pictures" className="button primary" multiple onFiles={add} />
      </div>
      <p role="status" className="visually-hidden">
        {summary}
      </p>
      {uploads.length > 0 && (
        <div className="intake-uploads">
          <div className="intake-head">
            <h2>{summary}</h2>
            {uploads.filter(({ state }) => state === "done").length > 1 && (
              <button type="button" className="button quiet small" onClick={dismissDone}>
                Clear what is kept
              </button>
            )}
          </div>
          <ul className="intake-list">
            {uploads.map((upload) => (
              <UploadRow key={upload.id} {...{ upload, cancel, dismiss, retry }} />
            ))}
          </ul>
        </div>
      )}
      {isOver && (
        <div className="drop-frame" aria-hidden>
          <p>Drop to keep</p>
        </div>
      )}
    </section>
  );
}

/** A row that goes away takes the focus with it: the section has it then, and not the page's top. */
function useFocusOfGone(section: RefObject<HTMLElement | null>, count: number) {
  const before = useRef(count);
  useEffect(() => {
    if (count < before.current && document.activeElement === document.body)
      section.current?.focus();
    before.current = count;
  }, [section, count]);
}

/** How far all of them are. Says nothing of bytes: it is read aloud whenever it changes. */
function summaryOf(uploads: readonly Upload[]) {
  const count = (...states: Upload["state"][]) =>
    uploads.filter(({ state }) => states.includes(state)).length;
  const done = count("done");
  const failed = count("failed");
  if (uploads.length === 0) return "";
  if (done + failed < uploads.length)
    return `${done} of ${plural(uploads.length, "picture")} kept so far`;
  if (failed === 0) return `${plural(done, "picture")} kept`;
  return `${plural(done, "picture")} kept, ${failed} not`;
}

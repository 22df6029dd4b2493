import { useEffect, useRef, useState } from "react";
import { ActionBar } from "../ui/ActionBar.tsx";
import { Button } from "../ui/Button.tsx";
import { DismissButton } from "../ui/DismissButton.tsx";
import { Redo2, Undo2 } from "../ui/icons.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import { redo, undo } from "./draftHistory.ts";

const shownMs = 20_000;
/** After a reload, changes of this time are offered to be undone. */
const recentMs = 3_600_000;

/** What was changed last, with Undo, for 20 seconds; Ctrl+Z undoes it at any time. */
export function UndoBar() {
  const { undo: entries, redo: undone, change } = useDrafts();
  const bar = useRef<HTMLDivElement>(null);
  const last = entries.at(-1);
  const next = undone.at(-1);
  const shownAt = Math.max(last?.at ?? 0, next?.at ?? 0);
  const state = `${shownAt} ${entries.length} ${undone.length}`;
  const [hiddenState, setHiddenState] = useState<string>();
  useUndoKeys();
  useEffect(() => {
    const hide = () => {
      if (bar.current?.contains(document.activeElement)) timer = setTimeout(hide, shownMs);
      else setHiddenState(state);
    };
    let timer = setTimeout(hide, shownMs);
    return () => clearTimeout(timer);
  }, [state]);

  if ((!last && !next) || hiddenState === state || Date.now() - shownAt > recentMs) return null;
  return (
    <ActionBar
      ref={bar}
      name="Last change"
      label={
        <span role="status" dir="auto">
          {next && (!last || next.at > last.at) ? `Undone: ${next.label}` : last?.label}
        </span>
      }
    >
      <Button
        size="small"
        data-undo
        aria-disabled={!last}
        onClick={() => change((document) => undo(document, Date.now()))}
      >
        <Undo2 aria-hidden size={16} /> Undo
      </Button>
      {next && (
        <Button size="small" onClick={() => change((document) => redo(document, Date.now()))}>
          <Redo2 aria-hidden size={16} /> Redo
        </Button>
      )}
      <DismissButton onClick={() => setHiddenState(state)} />
    </ActionBar>
  );
}

/** Ctrl+Z and Ctrl+Shift+Z or Ctrl+Y, where no text field has them. */
function useUndoKeys() {
  const { change } = useDrafts();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target, ctrlKey, metaKey, altKey, shiftKey } = event;
      if (!(ctrlKey || metaKey) || altKey || event.defaultPrevented) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      if (target instanceof Element && target.closest("input, textarea, select, dialog")) return;
      event.preventDefault();
      const move = key === "y" || shiftKey ? redo : undo;
      change((document) => move(document, Date.now()));
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [change]);
}

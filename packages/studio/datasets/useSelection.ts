import { useCallback, useMemo, useRef, useState } from "react";

export type Selection = ReturnType<typeof useSelection>;

/** Selected ids of an ordered list. With Shift, a click selects all from the one before it. */
export function useSelection(ids: readonly string[]) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string>(undefined);
  const latestIds = useRef(ids);
  latestIds.current = ids;

  const selected = useMemo(() => {
    if (chosen.size === 0) return chosen;
    const listed = new Set(ids);
    return new Set([...chosen].filter((id) => listed.has(id)));
  }, [chosen, ids]);

  const toggle = useCallback((id: string) => {
    anchor.current = id;
    setChosen((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  const selectTo = useCallback((id: string) => {
    const ids = latestIds.current;
    const from = ids.indexOf(anchor.current ?? id);
    const to = ids.indexOf(id);
    anchor.current ??= id;
    const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    setChosen((before) => new Set([...before, ...range]));
  }, []);
  const select = useCallback((ids: Iterable<string>) => {
    const chosen = new Set(ids);
    anchor.current = [...chosen].at(-1);
    setChosen(chosen);
  }, []);
  return { selected, toggle, selectTo, select };
}

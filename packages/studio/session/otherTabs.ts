import { useEffect, useRef } from "react";

/** What happened to the person of this browser in one tab, and concerns the others: they signed out, or deleted everything. */
export type TabEvent = "signedOut" | "erased";

const keys: Record<TabEvent, string> = {
  signedOut: "keepsake.signed_out",
  erased: "keepsake.erased",
};

/** Reports an event to the other tabs. */
const announce = (event: TabEvent) => localStorage.setItem(keys[event], crypto.randomUUID());

/**
 * Calls `onEvent` when another tab reports an event: at once, or when this tab is shown again if the browser had frozen
 * it. Events from before the first render are not reported, nor those of this tab itself.
 */
export function useEventsOfOtherTabs(onEvent: (event: TabEvent) => void) {
  const latest = useRef(onEvent);
  latest.current = onEvent;
  const known = useRef<Record<TabEvent, string | null>>(undefined);
  known.current ??= marks();
  useEffect(() => {
    const check = () => {
      const before = known.current!;
      known.current = marks();
      for (const event of ["signedOut", "erased"] as const)
        if (known.current[event] !== before[event]) return latest.current(event);
    };
    addEventListener("storage", check); // not sent to the tab that stores
    addEventListener("pageshow", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      removeEventListener("storage", check);
      removeEventListener("pageshow", check);
      document.removeEventListener("visibilitychange", check);
    };
  }, []);
  /** Reports without hearing it here. */
  return (event: TabEvent) => {
    announce(event);
    known.current = marks();
  };
}

const marks = (): Record<TabEvent, string | null> => ({
  signedOut: localStorage.getItem(keys.signedOut),
  erased: localStorage.getItem(keys.erased),
});

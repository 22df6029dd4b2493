import { useEffect, useState } from "react";

/** Whole seconds until a time, counting down; 0 afterwards, and when no time is given. */
export function useSecondsUntil(iso: string | undefined): number {
  const [now, setNow] = useState(Date.now);
  const until = iso === undefined ? 0 : Date.parse(iso);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1_000));
}

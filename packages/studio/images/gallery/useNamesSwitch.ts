import { useState } from "react";

const key = "keepsake.gallery.names";

/** Whether every tile shows its name. This browser remembers it. */
export function useNamesSwitch(): [hasNames: boolean, set: (hasNames: boolean) => void] {
  const [hasNames, setHasNames] = useState(() => localStorage.getItem(key) !== null);
  return [
    hasNames,
    (hasNames) => {
      setHasNames(hasNames);
      if (hasNames) localStorage.setItem(key, "");
      else localStorage.removeItem(key);
    },
  ];
}

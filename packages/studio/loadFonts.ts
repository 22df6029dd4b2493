/** Fonts are loaded when nothing else was for this long. */
const quietMs = 300;
const maxWaitMs = 3_000;

/** Loads the fonts last: on a slow connection they would take the place of scripts and pictures. */
export function loadFonts() {
  const load = () => {
    observer.disconnect();
    clearTimeout(quiet);
    clearTimeout(latest);
    importFonts();
  };
  let quiet = setTimeout(load, quietMs);
  const latest = setTimeout(load, maxWaitMs);
  const observer = new PerformanceObserver(() => {
    clearTimeout(quiet);
    quiet = setTimeout(load, quietMs);
  });
  observer.observe({ type: "resource" });
}

/** Without a connection, once it is back. */
const importFonts = () =>
  import("./fonts.ts").catch(() => addEventListener("online", importFonts, { once: true }));

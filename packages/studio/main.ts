import { sectionAt, sectionChunks } from "./sectionChunks.ts";
import type { Settings } from "./settings.ts";

// what a visit waits for, side by side
const settings: Settings = JSON.parse(document.getElementById("settings")!.textContent);
preconnect(settings.api, "anonymous");
preconnect(settings.cdn);
const section = sectionAt(location.pathname);
if (section) sectionChunks[section]().catch(() => {}); // showing it tries again, and reports the failure
import("./renderApp.tsx").then(({ renderApp }) => renderApp(settings));

function preconnect(url: string, crossOrigin: string | null = null) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preconnect", href: new URL(url).origin, crossOrigin });
  document.head.append(link);
}

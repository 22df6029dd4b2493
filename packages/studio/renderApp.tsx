import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/fallbackFonts.css";
import "./styles/forcedColors.css";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { loadFonts } from "./loadFonts.ts";
import { preloadSection } from "./sections.tsx";
import type { Settings } from "./settings.ts";
import { keepFocus } from "./ui/keepFocus.ts";
import { preventFileNavigation } from "./ui/preventFileNavigation.ts";

export function renderApp(settings: Settings) {
  preloadSection(location.pathname);
  preventFileNavigation();
  keepFocus();
  loadFonts();
  createRoot(document.getElementById("root")!).render(<App settings={settings} />);
}

import "@fontsource-variable/fraunces/wght.css";
import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { preconnect } from "react-dom";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import type { Settings } from "./settings.ts";

const settings: Settings = JSON.parse(document.getElementById("settings")!.textContent);
preconnect(new URL(settings.cdn).origin); // while the list of pictures is on its way
createRoot(document.getElementById("root")!).render(<App settings={settings} />);

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig(({ command }) => {
  if (command === "serve") process.env.VITE_SETTINGS ??= runningSettings();
  return {
    root: import.meta.dirname,
    plugins: [react()],
    server: { host: "127.0.0.1", port: 5173, strictPort: true },
    build: {
      target: "es2023",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  };
});

/** The settings that the local system (`npm start`) wrote for its own Studio. */
function runningSettings(): string {
  const home = resolve(process.env.KEEPSAKE_HOME ?? `${import.meta.dirname}/../../.keepsake`);
  try {
    return readFileSync(`${home}/studio.json`, "utf8");
  } catch (cause) {
    throw new Error("No local system has run here yet: run npm start first", { cause });
  }
}

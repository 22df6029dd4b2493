import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { chunkGroups } from "./chunkGroups.ts";
import { lucideIcons } from "./lucideIconsPlugin.ts";
import { preloadFirstChunk } from "./preloadFirstChunk.ts";
import type { Settings } from "./settings.ts";
import { signInServer } from "./signInServer.ts";

export default defineConfig(({ command }) => {
  if (command === "serve") process.env.VITE_SETTINGS ??= runningSettings();
  return {
    root: import.meta.dirname,
    plugins: [react(), lucideIcons(), preloadFirstChunk(), signInByName()],
    server: { host: "127.0.0.1", port: 5173, strictPort: true },
    build: {
      target: "es2023",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: chunkGroups({ entry: file("main.ts"), app: file("renderApp.tsx") }),
          },
        },
      },
    },
  };
});

/** Signs people in by name at the local system, as `npm start` does for the page that it builds. */
function signInByName(): Plugin {
  return {
    name: "sign-in-by-name",
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const { api, sign_in }: Settings = JSON.parse(process.env.VITE_SETTINGS ?? "{}");
        if (sign_in?.by !== "name") return next();
        const serviceKey: string = JSON.parse(
          readFileSync(`${home}/local.json`, "utf8"),
        ).service_key;
        signInServer(request, response, { api, serviceKey }).then((done) => done || next(), next);
      });
    },
  };
}

const file = (name: string) => resolve(import.meta.dirname, name);

const home = resolve(process.env.KEEPSAKE_HOME ?? `${import.meta.dirname}/../../.keepsake`);

/** The settings that the local system (`npm start`) wrote for its own Studio. */
function runningSettings(): string {
  try {
    return readFileSync(`${home}/studio.json`, "utf8");
  } catch (cause) {
    throw new Error("No local system has run here yet: run npm start first", { cause });
  }
}

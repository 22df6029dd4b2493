import type { Plugin } from "vite";
import { firstChunk } from "./chunkGroups.ts";

/** Names the first load's script and style sheet in `index.html`, so that they are loaded beside the script that imports them. */
export function preloadFirstChunk(): Plugin {
  return {
    name: "preload-first-chunk",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunk = Object.values(bundle).find(
          (file) => file.type === "chunk" && file.name === firstChunk,
        );
        if (chunk?.type !== "chunk") return [];
        const styles = [...(chunk.viteMetadata?.importedCss ?? [])];
        return [
          {
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${chunk.fileName}` },
          },
          ...styles.map((file) => ({
            tag: "link",
            attrs: { rel: "stylesheet", crossorigin: true, href: `/${file}` },
          })),
        ];
      },
    },
  };
}

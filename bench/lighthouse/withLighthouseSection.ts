import { withSection } from "../support/documentSection.ts";

export const lighthouseHeading = "## Studio's pages in Lighthouse";

/** The text of docs/performance.md with this table in its section. */
export function withLighthouseSection(document: string, table: string): string {
  const method =
    "Of a phone with a slow connection (Lighthouse's own settings: 4 × slower CPU, 1.6 Mbit/s, 150 ms), signed in as the owner of 60 photos of 12 megapixels, 6 worlds and a dataset; the medians of three visits. " +
    "`npm run lighthouse` measures it again and writes this section.";
  return withSection(document, lighthouseHeading, `${method}\n\n${table}`);
}

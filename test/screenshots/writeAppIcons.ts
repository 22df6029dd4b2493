import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { appIcons, drawAppIcon, publicFiles } from "./drawAppIcons.ts";

for (const [file, drawing] of Object.entries(appIcons)) {
  const path = join(publicFiles, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await drawAppIcon(drawing));
}

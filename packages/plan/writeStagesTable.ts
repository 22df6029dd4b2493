import * as fs from "node:fs";
import path from "node:path";
import { exampleSettings } from "./exampleSettings.ts";
import { queryPlan } from "./planLookups.ts";
import { root } from "./sstPlatform.ts";
import { smallestSettings, stagesTable, withStagesTable } from "./stagesTable.ts";

/** `npm run plan-table`: writes the smallest and the fullest stage into docs/deploy.md. */
const file = path.join(root, "docs/deploy.md");
const stage = "production";
const smallest = await queryPlan({ stage }, smallestSettings);
const fullest = await queryPlan({ stage }, exampleSettings);
fs.writeFileSync(
  file,
  withStagesTable(fs.readFileSync(file, "utf8"), stagesTable(smallest, fullest)),
);

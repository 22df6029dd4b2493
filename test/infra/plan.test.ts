import * as fs from "node:fs";
import { type Route, routes } from "@keepsake/contract/routes";
import { exampleSecrets, exampleSettings } from "@keepsake/plan/exampleSettings";
import { planTable } from "@keepsake/plan/planTable";
import { linkTypesFile, linkTypesText } from "@keepsake/plan/writeLinkTypes";
import { securityFile, withSecurityTable } from "@keepsake/plan/writeSecurityTable";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

describeStages((stage) => {
  test("no secret is in a property that is not marked as secret", () => {
    expect(exampleSecrets).toHaveLength(stage.plan.all("sst:sst:Secret").length);
    for (const name of exampleSecrets)
      expect(JSON.stringify(stage.plan)).not.toContain(exampleSettings[name]);
  });

  test("sst-env.d.ts has the types that SST would write", () => {
    expect(fs.readFileSync(linkTypesFile, "utf8")).toBe(linkTypesText(stage.plan.links));
  });

  test("the text of a plan shows its routes, buckets and queues", () => {
    const text = planTable(stage.plan);
    for (const { method, path } of Object.values<Route>(routes))
      expect(text).toContain(`${method} ${path}`);
    expect(text).toContain(`keepsake-${stage.name}-images`);
    expect(text).toContain("PortraitQueueDead");
  });

  test("the table of functions in docs/security.md is up to date (npm run security-table)", () => {
    if (!stage.production) return;
    const document = fs.readFileSync(securityFile, "utf8");
    expect(document).toBe(withSecurityTable(document, stage.plan));
  });
});

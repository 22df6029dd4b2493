import * as fs from "node:fs";
import path from "node:path";
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

  test("SST writes no second sst-env.d.ts beside another package.json", () => {
    const ignored = (stage.plan.app as unknown as { types: { ignore: string[] } }).types.ignore;
    const root = path.dirname(linkTypesFile);
    const folders = fs
      .readdirSync(root, { withFileTypes: true })
      .filter((each) => each.isDirectory());
    const hasPackage = ({ name }: fs.Dirent) =>
      fs.globSync([`${name}/package.json`, `${name}/*/package.json`], { cwd: root }).length > 0;
    const others = folders.filter(
      (each) => !/^(\.|node_modules$)/.test(each.name) && hasPackage(each),
    );
    // npm run pack makes dist
    const names = new Set(["dist", ...others.map(({ name }) => name)]);
    expect([...names].sort()).toEqual(ignored);
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

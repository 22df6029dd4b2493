import * as fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => fs.readFileSync(path.join(root, ".github/workflows", name), "utf8");
const workflow = read("deploy.yml");

describe("the workflow that deploys production", () => {
  test("names every action by its commit, and the version that it is", () => {
    const actions = [...workflow.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    expect(actions).toHaveLength(3);
    for (const action of actions)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("runs only when it is started, in a protected environment, with no key of AWS", () => {
    expect(workflow).toMatch(/^on:\n {2}workflow_dispatch:\n\n/m);
    expect(workflow).toContain("environment: production");
    expect(workflow).toContain("id-token: write");
    expect(workflow).not.toMatch(/AWS_ACCESS_KEY|AWS_SECRET/);
  });

  test("shows the changes, migrates, deploys and runs the doctor, in this order", () => {
    const steps = ["npm ci", "npx sst diff", "npm run migrate", "npm run deploy", "npm run doctor"];
    const places = steps.map((step) => workflow.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test("runs scripts that exist", () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
    for (const [, script] of workflow.matchAll(/npm run (\w+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });
});

describe("the workflow that publishes the packages", () => {
  const release = read("release.yml");

  test("names every action by its commit, and runs only when it is started, in an environment", () => {
    const actions = [...release.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    expect(actions).toHaveLength(2);
    for (const action of actions)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(release).toMatch(/^on:\n {2}workflow_dispatch:\n\n/m);
    expect(release).toContain("environment: npm");
    expect(release).toContain("if: github.ref == 'refs/heads/main'");
  });

  test("has no token of npm, and GitHub's only where the tags are pushed", () => {
    expect(release).not.toContain("secrets.");
    expect(release).toContain("id-token: write");
    expect(release).toContain("persist-credentials: false");
    const [, afterPush] = release.split("- run: git push");
    expect(afterPush).toContain("TOKEN: ${{ github.token }}");
    expect(release.match(/github\.token/g)).toHaveLength(1);
  });

  test("has an author for the tags, without which git makes none", () => {
    expect(release).toMatch(/npm run release\n {8}env:\n(.*\n){1,2} +GIT_COMMITTER_EMAIL: /);
  });

  test("runs all checks and tests, then publishes, then pushes the tags", () => {
    const steps = [".ci/run", "npm run release", "git push"];
    const places = steps.map((step) => release.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

import type { Mutant } from "./mutant.ts";

const room = "packages/ops/setup";
const wrongAnswers = "test/ops/setup.test.ts > with wrong answers first";

/** How a stage is set up: where secrets are shown, and what is saved without having been used. */
export const setup: Mutant[] = [
  {
    name: "a secret is among the arguments of sst",
    by: wrongAnswers,
    file: `${room}/secretStore.ts`,
    find: '["secret", "set", name, "--stage", stage]',
    replace: '["secret", "set", name, value, "--stage", stage]',
  },
  {
    name: "everyone on the machine may read the env file of a stage",
    by: wrongAnswers,
    file: `${room}/envFile.ts`,
    find: "mode: 0o600",
    replace: "mode: 0o644",
  },
  {
    name: "a secret is shown as the default of its question",
    by: wrongAnswers,
    file: `${room}/askQuestions.ts`,
    find: '? " [set]"',
    replace: "? ` [${there}]`",
  },
  {
    name: "the password of a connection string is printed",
    by: wrongAnswers,
    file: `${room}/answerProblem.ts`,
    find: "[secret, password, decode(password)]",
    replace: "[secret]",
  },
  {
    name: "without questions answers are saved although one does not work",
    by: "test/ops/setup.test.ts > takes answers from the environment with --yes",
    file: `${room}/command.ts`,
    find: "if (session.problems.length === 0) await session.finish();",
    replace: "await session.finish();",
  },
  {
    name: "a token that may not change anything is accepted",
    by: "test/ops/setup.test.ts > names what Cloudflare's token is missing",
    file: `${room}/checks/cloudflare.ts`,
    find: "if (response.status === 401 || response.status === 403) throw missing(permission, response);",
    replace: "if (response.status === 401) throw missing(permission, response);",
  },
  {
    name: "production may have a database that Lambda cannot reach",
    by: "test/ops/setup.test.ts > refuses a database on this machine",
    file: `${room}/checks/database.ts`,
    find: 'encryption === "local" && isProduction',
    replace: 'encryption === "none" && isProduction',
  },
  {
    name: "the host name of images changes without a question",
    by: wrongAnswers,
    file: `${room}/requiredSteps.ts`,
    find: "if (before && host !== before && !(await mayChange(session, before)))",
    replace: "if (before && host === before && !(await mayChange(session, before)))",
  },
];

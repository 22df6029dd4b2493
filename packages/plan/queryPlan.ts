import path from "node:path";
import { type Options, type Plan, plan, type Resource, standIns } from "./plan.ts";

/** A plan with ways to look things up in it. */
export async function planned(options: Options, env: Record<string, string> = standIns) {
  const made = await plan(options, env);
  return { ...made, ...lookups(made) };
}

export type Planned = Awaited<ReturnType<typeof planned>>;

function lookups(made: Plan) {
  /** Every resource of a type, which is Pulumi's name for it: `aws:sqs/queue:Queue`. */
  function all<Inputs = Record<string, unknown>>(type: string) {
    const found = made.resources.filter((resource) => resource.type === type);
    return found as (Resource & { inputs: Inputs })[];
  }

  /** The only resource of a type, or the one with that name. */
  function one<Inputs = Record<string, unknown>>(type: string, name?: string) {
    const found = all<Inputs>(type).filter((resource) => !name || resource.name === name);
    if (found.length !== 1) throw new Error(`${found.length} times ${type} ${name ?? ""}`);
    return found[0]!;
  }

  /** The functions by the name of their file, each with its Lambda and what it may do in AWS. */
  const functions = Object.fromEntries(
    made.functions.map((fn) => {
      const lambda = one<LambdaInputs>("aws:lambda/function:Function", `${fn.id}Function`).inputs;
      const role = one<RoleInputs>("aws:iam/role:Role", `${fn.id}Role`).inputs;
      const granted = role.inlinePolicies.flatMap(
        ({ policy }): Statement[] => JSON.parse(policy).Statement,
      );
      return [path.basename(fn.handler, ".handler"), { ...fn, lambda, granted }];
    }),
  );

  /** The routes, each with the name of its Lambda. */
  const routes = all<RouteInputs>("aws:apigatewayv2/route:Route").map(({ inputs }) => {
    const integration = inputs.target.replace(/^integrations\/(.*)-id$/, "$1");
    const { integrationUri } = one<{ integrationUri: string }>(
      "aws:apigatewayv2/integration:Integration",
      integration,
    ).inputs;
    return { ...inputs, lambda: integrationUri.replace(/^.*:function:/, "") };
  });

  return { all, one, functions, routes };
}

type LambdaInputs = {
  name: string;
  runtime: string;
  architectures: string[];
  timeout: number;
  memorySize: number;
  environment: { variables: Record<string, string> };
};
type RoleInputs = { inlinePolicies: { policy: string }[] };
type Statement = { actions: string[]; resources: string[] };
type RouteInputs = {
  routeKey: string;
  target: string;
  authorizationType: string;
  authorizerId?: string;
};

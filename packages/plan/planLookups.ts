import path from "node:path";
import { computePlan, type Plan, type PlanOptions, type Resource } from "./computePlan.ts";
import { exampleSettings } from "./exampleSettings.ts";

/** Computes a plan and adds ways to look things up in it. */
export async function queryPlan(
  options: PlanOptions,
  env: Record<string, string> = exampleSettings,
) {
  return withLookups(await computePlan(options, env));
}

export type QueryablePlan = ReturnType<typeof withLookups>;

export function withLookups(plan: Plan) {
  /** Every resource of a type, which is Pulumi's name for it: `aws:sqs/queue:Queue`. */
  function all<Inputs = Record<string, unknown>>(type: string) {
    const resources = plan.resources.filter((resource) => resource.type === type);
    return resources as (Resource & { inputs: Inputs })[];
  }

  /** The only resource of a type, or the one with that name. Throws unless there is exactly one. */
  function one<Inputs = Record<string, unknown>>(type: string, name?: string) {
    const matches = all<Inputs>(type).filter((resource) => !name || resource.name === name);
    if (matches.length !== 1)
      throw new Error(`The plan has ${matches.length} resources ${type} ${name ?? ""}, not one`);
    return matches[0]!;
  }

  /** The functions by the name of their file, each with its Lambda and its permissions in AWS. */
  const functions = Object.fromEntries(
    plan.functions.map((fn) => {
      const lambda = one<LambdaInputs>("aws:lambda/function:Function", `${fn.id}Function`).inputs;
      const role = one<RoleInputs>("aws:iam/role:Role", `${fn.id}Role`).inputs;
      const statements = role.inlinePolicies.flatMap(
        ({ policy }): Statement[] => JSON.parse(policy).Statement,
      );
      const managedPolicies = role.managedPolicyArns;
      const name = path.basename(fn.handler, ".handler");
      return [name, { ...fn, lambda, statements, managedPolicies }];
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

  return { ...plan, all, one, functions, routes };
}

type LambdaInputs = {
  name: string;
  runtime: string;
  architectures: string[];
  timeout: number;
  memorySize: number;
  environment: { variables: Record<string, string> };
};
type RoleInputs = { inlinePolicies: { policy: string }[]; managedPolicyArns: string[] };
type Statement = { actions: string[]; resources: string[] };
type RouteInputs = {
  routeKey: string;
  target: string;
  authorizationType: string;
  authorizerId?: string;
};

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as client from "@keepsake/client";
import type { Input, Output, Sent } from "@keepsake/contract/api";
import type { ErrorCode } from "@keepsake/contract/errors";
import type { Event, TestEvent } from "@keepsake/contract/events";
import type * as contract from "@keepsake/contract/schemas";
import { clientTypes } from "@keepsake/release/clientTypes/apiTypesText";
import { describe, expect, expectTypeOf, test } from "vitest";
import { root } from "../structure/importGraph.ts";

type Methods = client.ApiMethods;
type Name = keyof Methods;

describe("the types of the client", () => {
  test("are what the schemas of the contract say: otherwise run `npm run client-types`", async () => {
    const written = readFileSync(join(root, "packages/client/apiTypes.ts"), "utf8");
    expect(written).toBe(await clientTypes());
  });

  test("describe every method and every type of a request or response", async () => {
    const text = await clientTypes();
    const methods = text.slice(text.indexOf("export interface ApiMethods"));
    const undescribed = [...methods.matchAll(/^(.*)\n {2}(\w+)\(/gm)]
      .filter(([, before]) => !before?.endsWith("*/"))
      .map(([, , name]) => name);
    expect(undescribed).toEqual([]);
    expect(methods.match(/^ {2}\w+\(/gm)!.length).toBeGreaterThan(20);
  });

  // these fail in tsc, which `npm run check` runs
  test("take nothing that the contract does not accept", () => {
    type Unfit = {
      [N in Name]: NonNullable<Parameters<Methods[N]>[0]> extends Sent<N> ? never : N;
    };
    expectTypeOf<Unfit[Name]>().toBeNever();
    type Missing = {
      [N in Name]: Exclude<keyof Input<N>, keyof NonNullable<Parameters<Methods[N]>[0]>>;
    };
    expectTypeOf<Missing[Name]>().toBeNever();
  });

  test("return what the contract returns", () => {
    type Returned<N extends Name> = Awaited<ReturnType<Methods[N]>>;
    type Unfit = { [N in Name]: Returned<N> extends Output<N> ? never : N };
    expectTypeOf<Unfit[Name]>().toBeNever();
    expectTypeOf<client.Image>().toEqualTypeOf<contract.Image>();
    expectTypeOf<client.WorldSummary>().toEqualTypeOf<contract.WorldSummary>();
    expectTypeOf<client.Erasure>().toEqualTypeOf<contract.Erasure>();
    expectTypeOf<keyof client.World>().toEqualTypeOf<keyof contract.World>();
    expectTypeOf<keyof client.Piece>().toEqualTypeOf<keyof contract.Piece>();
  });

  test("name every event of a backend and every error", () => {
    expectTypeOf<client.WebhookEvent["type"]>().toEqualTypeOf<(Event | TestEvent)["type"]>();
    expectTypeOf<client.WebhookEvent>().toExtend<Event | TestEvent>();
    expectTypeOf<client.ErrorCode>().toEqualTypeOf<ErrorCode>();
  });
});

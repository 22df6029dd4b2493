import type { Mutant } from "./mutant.ts";

const pageOf = "packages/core/pageOfRows.ts";
const schemas = "packages/contract/schemas.ts";
const openapi = "packages/contract/openapi";
const cursors = "test/security/badInput.test.ts > a cursor of another list";
const near = { tests: ["test/contract/document.test.ts", "test/contract/refusedBodies.test.ts"] };

/** What the OpenAPI document promises, and what requests may be. */
export const contract: Mutant[] = [
  {
    name: "a cursor is valid for every owner",
    by: cursors,
    file: pageOf,
    find: "JSON.stringify([name, owner_id,",
    replace: "JSON.stringify([name,",
  },
  {
    name: "a cursor is valid with every filter",
    by: "test/api/findImages.test.ts > page by page",
    file: pageOf,
    find: "filters, id])",
    replace: "id])",
  },
  {
    name: "a damaged cursor is valid",
    by: cursors,
    file: pageOf,
    find: " || cursorAfter(id, list) !== cursor)",
    replace: ")",
  },
  {
    name: "a number in a query may be written in any way",
    by: "test/security/badInput.test.ts > an invalid cursor",
    file: schemas,
    find: "/^\\d+$/.test(sent)",
    replace: 'sent !== ""',
  },
  {
    name: "text is limited in UTF-16 code units",
    by: "test/api/sizeLimits.test.ts > as many characters as its limit says",
    file: schemas,
    find: "input.length <= maximum || hasAtMost(input, maximum)",
    replace: "input.length <= maximum",
  },
  {
    name: "the document closes the objects of answers",
    by: "test/contract/document.test.ts > leaves those of answers open",
    file: `${openapi}/schemaRules.ts`,
    find: "if (json.additionalProperties === false) delete json.additionalProperties;",
    replace: "",
    ...near,
  },
  {
    name: "the document allows a faction a portrait",
    by: "test/contract/refusedBodies.test.ts > a portrait of a faction",
    file: `${openapi}/schemaRules.ts`,
    find: 'anyOf: [has("portrait_image_id"), hasBase64]',
    replace: 'anyOf: [has("portrait_image_id")]',
    ...near,
  },
  {
    name: "the document leaves out a code of a route",
    by: "test/contract/document.test.ts > exactly the codes that the route may answer",
    file: `${openapi}/routeErrors.ts`,
    find: ', "image.in_use"',
    replace: "",
    ...near,
  },
];

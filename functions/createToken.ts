import { ownerRoutes } from "@keepsake/contract/api/owner";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { createPageToken } from "./services/authentication.ts";

/** `POST /tokens`: a token for the page of a product's user, requested by the product's backend. */
export const handler = authenticatedEndpoint(
  "createToken",
  ownerRoutes.createToken,
  async (input) => createPageToken()(input),
);

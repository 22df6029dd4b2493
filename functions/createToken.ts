import { endpoint } from "./runtime/endpoint.ts";
import { createPageToken } from "./services/authentication.ts";

/** `POST /tokens`: a token for the page of a product's user, requested by the product's backend. */
export const handler = endpoint("createToken", async (input) => createPageToken()(input));

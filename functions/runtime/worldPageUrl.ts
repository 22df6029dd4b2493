import { pages } from "@keepsake/contract/htmlPages";
import type { Invocation } from "./routeHandler.ts";

/** Where the public pages of worlds are: at the API's own origin. */
export const worldPageUrl = ({ origin }: Invocation) => ({
  pageUrl: (page_id: string) => `${origin}${pages.worldPage[0].replace("{page_id}", page_id)}`,
});

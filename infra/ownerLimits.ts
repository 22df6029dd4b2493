import { ownerBytes } from "./settings.ts";

/** What the operator allows each owner. */
export const limits = new sst.Linkable("Limits", { properties: { ownerBytes } });

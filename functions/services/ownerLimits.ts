import { Resource } from "./sstLinks.ts";

/** The bytes that an owner may store; 0 for no limit. */
export const ownerBytes = () => Resource.Limits.ownerBytes;

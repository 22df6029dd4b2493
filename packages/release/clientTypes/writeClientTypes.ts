import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../repositoryRoot.ts";
import { clientTypes } from "./apiTypesText.ts";

/** Writes the types of the client from the schemas of the contract. */
writeFileSync(join(root, "packages/client/apiTypes.ts"), await clientTypes());

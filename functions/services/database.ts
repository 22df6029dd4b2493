import { connect } from "@keepsake/adapters/cloud/postgres";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const sql = lazy(() => connect(Resource.Database));

/** The version of the last migration that this code needs. */
export const lastMigration = () => Resource.Database.migration;

import { connect } from "@keepsake/adapters/cloud/postgres";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const sql = lazy(() => connect(Resource.Database));

/** The version of the last migration that this code needs. */
export const lastMigration = () => Resource.Database.migration;

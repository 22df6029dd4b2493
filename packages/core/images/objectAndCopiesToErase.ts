import type { ObjectToErase } from "../erasures/erasures.ts";
import * as objectKeys from "./objectKeys.ts";

/** The object of an image or a portrait, and every copy that it may have: those that do not exist cost one request. */
export const objectAndCopiesToErase = (key: string): ObjectToErase[] =>
  objectKeys.withVariants(key).map((each) => ({ bucket: "images", key: each }));

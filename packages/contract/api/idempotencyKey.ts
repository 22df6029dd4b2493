import * as z from "zod/mini";
import { lazy } from "../schemas.ts";

/** For a day, repeats of a request with the same key return the same ids. */
export const IdempotencyKey = lazy(() => z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)));

import { logFailure } from "../runtime/log.ts";
import { images } from "./buckets.ts";
import { sql } from "./database.ts";
import { decoder } from "./decoder.ts";
import { characterGenerator, portraitGenerator } from "./generators.ts";

/** What generating characters and their portraits uses. */
export const characterServices = () => ({
  sql: sql(),
  images: images(),
  decoder: decoder(),
  characterGenerator: characterGenerator(),
  portraitGenerator: portraitGenerator(),
  onFailed: logFailure,
});

import { logFailure } from "../runtime/log.ts";
import { sql } from "./database.ts";
import { decoder } from "./decoder.ts";
import { characterGenerator, portraitGenerator } from "./generators.ts";
import { images } from "./storage.ts";

/** What generating characters and their portraits uses. */
export const characterServices = () => ({
  sql: sql(),
  images: images(),
  decoder: decoder(),
  characterGenerator: characterGenerator(),
  portraitGenerator: portraitGenerator(),
  onFailed: logFailure,
});

import fc from "fast-check";

export const maxSteps = 14;
export const maxConcurrent = 5;

/** An index into a list of any length; the model takes it modulo the length. */
const at = fc.nat(7);
const competitor = fc.constantFrom("replace" as const, "delete world" as const);
const picture = fc.nat(2);
const reuse = fc.boolean();

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("create" as const), picture }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("add" as const), at, picture }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("replace" as const), at, picture }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("replace by image" as const), at, image: at }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("presign" as const), picture, reuse }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("put" as const), at }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("complete" as const), at }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("deliver" as const),
      at: fc.array(at, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete world" as const), at }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("delete image" as const), at }) },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant("race" as const), at, competitor, picture }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("sweep" as const) }) },
);

export type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Steps of concurrent commands. Days pass between steps only: no request takes as long as an erasure waits. */
export const sequence = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.array(command, { minLength: 1, maxLength: maxConcurrent }) },
    { weight: 1, arbitrary: fc.constant("days pass" as const) },
  ),
  { minLength: 4, maxLength: maxSteps },
);

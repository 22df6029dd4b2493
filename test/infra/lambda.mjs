import { createRequire } from "node:module";

/** Lambda's runtime at its smallest: loads a bundle, hands it one event, tells the answer. */
const { handler } = createRequire(import.meta.url)(process.argv[2]);

process.once("message", async (event) => {
  const context = { awsRequestId: "first", getRemainingTimeInMillis: () => 5_000 };
  process.send(await handler(event, context), () => process.exit());
});

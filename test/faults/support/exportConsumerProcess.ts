import { invoke } from "@keepsake/local/aws/lambda";

// A process of its own that consumes one message of ExportQueue, as a Lambda does: the message is its argument, the
// links are in its environment. It sends "begun" when it has loaded its code, and ends when it is done.
const { handler } = await import("@keepsake/functions/exportDataset");
process.send!("begun");
const event = { Records: [{ messageId: "1", body: process.argv[2] }] };
await invoke({ name: "exportDataset", handler: handler as never, timeoutMs: 900_000 }, event);
process.exit();

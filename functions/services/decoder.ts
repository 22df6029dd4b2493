import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { includeDecoder } from "../runtime/resourceUsage.ts";
import { lazy } from "./lazy.ts";

/** Starts its process at once: the first invocation connects to the database and reads meanwhile. */
export const decoder = lazy(() => {
  const { AWS_LAMBDA_FUNCTION_NAME, LD_LIBRARY_PATH } = process.env;
  const made = processDecoder({
    // a Lambda function works on few images at a time; a developer's process is all functions at once
    processes: AWS_LAMBDA_FUNCTION_NAME ? 2 : 8,
    env: { ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) }, // Lambda's Node may need it to start
  });
  made.start();
  includeDecoder(made.usage);
  return made;
});

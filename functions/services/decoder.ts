import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { includeDecoder } from "../runtime/resourceUsage.ts";
import { lazy } from "./lazy.ts";

/** Starts its process at once: the first invocation connects to the database and reads meanwhile. */
export const decoder = lazy(() => {
  const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: megabytes, LD_LIBRARY_PATH } = process.env;
  const made = processDecoder({
    // more than one for each vCPU of a Lambda function would only take memory; a developer's process is all
    // functions at once
    processes: megabytes ? Math.max(1, Math.round(Number(megabytes) / megabytesOfVcpu)) : 8,
    env: { ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) }, // Lambda's Node may need it to start
  });
  made.start();
  includeDecoder(made.usage);
  return made;
});

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const megabytesOfVcpu = 1_769;

import { vi } from "vitest";

type LogLine = { level: string; message: string; request_id?: string; error?: object };

/**
 * What functions write to the log from now on, at WARN and above. Undo it by `vi.restoreAllMocks` and
 * `vi.unstubAllEnvs`.
 */
export function recordLog() {
  vi.stubEnv("LOG_LEVEL", "WARN");
  const text: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((written) => {
    text.push(String(written));
    return true;
  });
  return {
    text: () => text.join(""),
    lines: () =>
      text.filter((line) => line.startsWith("{")).map((line): LogLine => JSON.parse(line)),
  };
}

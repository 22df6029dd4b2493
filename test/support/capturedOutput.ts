import { vi } from "vitest";

/** What is written to stdout from now on, instead of to the terminal, until `restore`. */
export function captureOutput() {
  const output = { text: "", restore: () => write.mockRestore() };
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output.text += text;
    return true;
  });
  return output;
}

/** What some work writes to stdout. */
export async function outputOf(work: () => Promise<unknown>): Promise<string> {
  const output = captureOutput();
  await work().finally(output.restore);
  return output.text;
}

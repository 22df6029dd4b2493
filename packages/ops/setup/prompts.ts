import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export type Prompts = ReturnType<typeof openPrompts>;

/** Questions on a terminal, or on lines of piped text. What is typed for a hidden question is not shown. */
export function openPrompts(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
  let isHidden = false;
  const visible = new Writable({
    write(chunk, _encoding, done) {
      if (!isHidden) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: visible, terminal: input.isTTY === true });
  lines.on("SIGINT", () => lines.close());
  const answers = lines[Symbol.asyncIterator]();

  return {
    say(text: string) {
      output.write(`${text}\n`);
    },
    /** One line, without the spaces around it. Throws when the input has ended, also by Ctrl+C. */
    async ask(text: string, { hidden = false } = {}): Promise<string> {
      lines.setPrompt(text);
      if (input.isTTY) lines.prompt();
      else output.write(text);
      isHidden = hidden;
      const { value, done } = await answers.next();
      isHidden = false;
      if (hidden || !input.isTTY) output.write("\n");
      if (done)
        throw new Error("Setup was stopped. What was accepted so far is saved: run it again");
      return value.trim();
    },
    close: () => lines.close(),
  };
}

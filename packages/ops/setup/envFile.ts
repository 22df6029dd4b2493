import * as fs from "node:fs";
import { parseEnv } from "node:util";

/** The settings of an env file; empty when there is no file. */
export function readEnvFile(file: string): NodeJS.Dict<string> {
  return fs.existsSync(file) ? parseEnv(fs.readFileSync(file, "utf8")) : {};
}

/** Changes settings in an env file (see `changeSettings`), which only its owner can read then. */
export function writeEnvFile(file: string, changes: Map<string, string | undefined>) {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const part = `${file}.part`;
  fs.rmSync(part, { force: true });
  fs.writeFileSync(part, changeSettings(text, changes), { mode: 0o600, flag: "wx" });
  fs.renameSync(part, file);
}

/**
 * The text of an env file with these settings changed. Other lines stay as they are, a changed setting stays in
 * its line, and new ones follow in the order given. `undefined` removes a setting.
 */
export function changeSettings(text: string, changes: Map<string, string | undefined>): string {
  const before = parseEnv(text);
  const present = new Set<string>();
  const changed = text.replace(assignment, (line, name: string) => {
    if (!changes.has(name)) return line;
    present.add(name);
    const value = changes.get(name);
    if (value === undefined) return "";
    return before[name] === value ? line : `${name}=${quote(value)}\n`;
  });
  const isEnded = changed === "" || changed.endsWith("\n");
  const added = [...changes].flatMap(([name, value]) =>
    value === undefined || present.has(name) ? [] : `${name}=${quote(value)}\n`,
  );
  return `${changed}${isEnded || added.length === 0 ? "" : "\n"}${added.join("")}`;
}

/** A setting with its value, which may span lines in quotes, and the end of its last line. */
const assignment =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)?[^\n]*\n?/gm;

/** A value as both Node and SST read it: SST expands `$` outside of single quotes. */
function quote(value: string): string {
  if (/^[\w@%+=:,./?&~-]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!/["$\\]/.test(value)) return `"${value}"`;
  throw new Error("A value with ' cannot also contain \", $ or \\: choose another value");
}

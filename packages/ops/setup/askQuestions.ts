import path from "node:path";
import { redact, sentenceOf } from "./answerProblem.ts";
import { readEnvFile, writeEnvFile } from "./envFile.ts";
import type { Prompts } from "./prompts.ts";
import { type SecretStore, secretStore } from "./secretStore.ts";

/** `ask`: asks for every answer. `yes`: takes them from the environment. `check`: only checks what is there. */
export type Mode = "ask" | "yes" | "check";

export type Question = {
  /** Of a setting, which is in capitals, or of a secret. */
  name: string;
  text: string;
  /** Offered when there is no answer yet. */
  fallback?: string | undefined;
  /** Not shown, although it is a setting. */
  hidden?: boolean;
  /** An empty answer is allowed. */
  optional?: boolean;
};

export type Session = ReturnType<typeof createSession>;

/** The answers of one run: asked for, checked in groups, and saved when all answers of a group are right. */
export function createSession(stage: string, mode: Mode, prompts: Prompts) {
  const file = path.resolve(`.env.${stage}`);
  const shared = readEnvFile(path.resolve(".env"));
  const before = { ...shared, ...readEnvFile(file) };
  const settings = new Map<string, string>();
  const secrets = new Map<string, string>();
  const unsaved = new Map<string, string | undefined>();
  const unsavedSecrets = new Map<string, string>();
  const problems: string[] = [];
  const hidden = new Set<string>();
  let stored = new Map<string, string>();
  let isStoreRead = false;

  /** The environment as SST will see it: of this terminal, and of the two files. */
  const environment = (): NodeJS.ProcessEnv => ({
    ...before,
    ...process.env,
    ...Object.fromEntries(settings),
  });
  const store: SecretStore = secretStore(stage, environment);
  const conceal = (text: string) => redact(text, hidden);
  const say = (text: string) => prompts.say(conceal(text));

  return {
    stage,
    mode,
    problems,
    environment,
    say,
    conceal,
    isProduction: stage === "production",
    /** The answer to a question, or what is there already; empty without one. */
    get: current,
    group,
    confirm,
    put,
    clear,
    /** What the env files have: before the first answer of this run. */
    saved: (name: string) => before[name] ?? "",
    /** An answer that is not kept. Without prompts, and when it is empty, the default. */
    async secret(text: string, byDefault: string): Promise<string> {
      hidden.add(byDefault);
      const answer =
        mode === "ask" ? await prompts.ask(`${text} [the same]: `, { hidden: true }) : "";
      if (answer) hidden.add(answer);
      return answer || byDefault;
    },
    /** Saves after each group that is right; without prompts only `finish` saves. */
    save: async () => {
      if (mode === "ask") await save();
    },
    async finish() {
      if (mode !== "check") await save();
    },
    /** Reads the secrets that the stage has: possible as soon as AWS's credentials work. */
    async loadSecrets() {
      isStoreRead = false;
      stored = await store.list();
      isStoreRead = true;
      for (const value of stored.values()) hidden.add(value);
    },
    problem(text: string) {
      problems.push(conceal(text));
    },
  };

  function current(name: string): string {
    if (isSecret(name)) {
      const given = mode === "check" ? undefined : process.env[`SST_SECRET_${name}`];
      return secrets.get(name) ?? given ?? stored.get(name) ?? "";
    }
    // SST prefers this terminal's environment to the files
    const given = [process.env[name], before[name]];
    if (mode === "ask") given.reverse();
    return settings.get(name) ?? given[0] ?? given[1] ?? "";
  }

  /**
   * Asks questions that are checked together, until the check resolves: to a sentence about what works. Without
   * prompts a check that fails is a problem. Resolves to whether the check succeeded.
   */
  async function group(
    subject: string,
    questions: Question[],
    check: (answers: Record<string, string>) => Promise<string> | string,
  ): Promise<boolean> {
    for (;;) {
      const answers: Record<string, string> = {};
      let missing: string | undefined;
      for (const question of questions) {
        const value = await answerOf(question);
        answers[question.name] = value;
        if (question.hidden || isSecret(question.name)) hidden.add(value);
        if (!value && !question.optional) missing ??= question.name;
      }
      if (mode !== "ask" && missing && isSecret(missing) && !isStoreRead) {
        say(`--  ${missing}: not checked, because the stage's secrets could not be read`);
        return false;
      }
      const failure = missing
        ? `${missing} is not set`
        : await Promise.resolve()
            .then(() => check(answers))
            .then(
              (text) => void say(`ok  ${text}`),
              (error) => sentenceOf(error, subject),
            );
      if (failure === undefined) {
        for (const [name, value] of Object.entries(answers)) put(name, value);
        if (mode === "ask") await save();
        return true;
      }
      say(`!!  ${failure}`);
      if (mode !== "ask") {
        problems.push(conceal(failure));
        return false;
      }
    }
  }

  async function answerOf({ name, text, fallback = "", ...question }: Question): Promise<string> {
    const there = current(name) || fallback;
    if (mode !== "ask") return there;
    const isHidden = question.hidden || isSecret(name);
    const shown = there
      ? isHidden
        ? " [set]"
        : ` [${there}]`
      : question.optional
        ? " [none]"
        : "";
    const answer = await prompts.ask(`${text}${conceal(shown)}: `, { hidden: isHidden });
    if (answer === "none" && question.optional) return "";
    if (answer === "") return there;
    // what was typed is the default when its check fails
    (isSecret(name) ? secrets : settings).set(name, answer);
    return answer;
  }

  /** A question that is answered with yes or no. Without prompts the default is the answer. */
  async function confirm(text: string, byDefault: boolean): Promise<boolean> {
    for (;;) {
      if (mode !== "ask") return byDefault;
      const answer = await prompts.ask(`${text} (${byDefault ? "Y/n" : "y/N"}): `);
      if (answer === "") return byDefault;
      if (/^y(es)?$/i.test(answer)) return true;
      if (/^no?$/i.test(answer)) return false;
      say("!!  Answer with y or n");
    }
  }

  function put(name: string, value: string) {
    if (isSecret(name)) {
      secrets.set(name, value);
      if (value && stored.get(name) !== value) unsavedSecrets.set(name, value);
    } else {
      settings.set(name, value);
      // an empty value turns off what .env has for every stage
      unsaved.set(name, value || (name in shared ? "" : undefined));
    }
  }

  /** Turns off a part of the stage. Its secrets stay where they are: nothing reads them. */
  function clear(names: string[]) {
    for (const name of names) put(name, "");
  }

  async function save() {
    if (unsaved.size > 0) writeEnvFile(file, unsaved);
    unsaved.clear();
    for (const [name, value] of unsavedSecrets) {
      await store.set(name, value);
      stored.set(name, value);
      unsavedSecrets.delete(name);
      say(`ok  ${name} is set in ${stage}`);
    }
  }
}

/** Settings are in capitals, secrets are not. */
const isSecret = (name: string) => /[a-z]/.test(name);

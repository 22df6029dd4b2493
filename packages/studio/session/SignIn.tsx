import { limits } from "@keepsake/contract/limits";
import { type FormEvent, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Brand } from "../Brand.tsx";
import type { Settings } from "../settings.ts";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import text from "../ui/text.module.css";
import styles from "./SignIn.module.css";

type Props = {
  by: Settings["sign_in"]["by"];
  /** Whether a session just expired. */
  hasExpired: boolean;
  /** Why an earlier session could not be resumed. */
  problem: unknown;
  onSignIn(name: string): Promise<void>;
};

export function SignIn({ by, hasExpired, problem, onSignIn }: Props) {
  const [failure, setFailure] = useState(problem);
  const [isSigningIn, setIsSigningIn] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    setIsSigningIn(true);
    setFailure(undefined);
    await onSignIn(name).catch((error) => {
      setFailure(error);
      setIsSigningIn(false);
    });
  };

  return (
    <main className={styles.page}>
      <div className={classes(card.card, styles.card)}>
        <Brand />
        <h1>Pictures that stay</h1>
        <p className={text.muted}>
          Generate characters and worlds, upload your own pictures, and get an address that never
          changes for each of them.
        </p>
        {hasExpired && <p role="status">Your session ended. Sign in again.</p>}
        <form onSubmit={submit}>
          {by === "name" && (
            <Field label="Your name">
              <input
                name="name"
                required
                pattern=".*\S.*"
                maxLength={limits.subject_chars}
                autoComplete="username"
                autoCapitalize="none"
              />
            </Field>
          )}
          <Button type="submit" variant="primary" shape="wide" disabled={isSigningIn}>
            {isSigningIn ? "Signing in…" : "Sign in"}
          </Button>
        </form>
        {by === "name" && (
          <p className={text.hint}>On this machine a name is enough. There is no password.</p>
        )}
        {failure !== undefined && <ErrorMessage error={failure} />}
      </div>
    </main>
  );
}

import { limits } from "@keepsake/contract/limits";
import { type FormEvent, useEffect, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Brand } from "../Brand.tsx";
import type { Settings } from "../settings.ts";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import text from "../ui/text.module.css";
import { browserDataOf, browserDataText } from "./browserData.ts";
import styles from "./SignIn.module.css";

type Props = {
  by: Settings["sign_in"]["by"];
  /** The person whose session just ended without their doing. */
  endedId: string | undefined;
  /** Why an earlier session could not be resumed. */
  problem: unknown;
  onSignIn(name: string): Promise<void>;
};

export function SignIn({ by, endedId, problem, onSignIn }: Props) {
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
        {endedId !== undefined && <SessionEnded id={endedId} />}
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
                dir="auto"
                defaultValue={endedId}
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

/** What waits in this browser for the same person. */
function SessionEnded({ id }: { id: string }) {
  const [waiting, setWaiting] = useState("");
  useEffect(() => {
    browserDataOf(id).then((data) => setWaiting(browserDataText(data)));
  }, [id]);
  return (
    <p role="status">
      Your session ended. Sign in again.
      {waiting && ` Nothing is lost: this browser still has ${waiting}.`}
    </p>
  );
}

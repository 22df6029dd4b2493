import "./signIn.css";
import { limits } from "@keepsake/contract/limits";
import { type FormEvent, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Brand } from "../Brand.tsx";
import type { Settings } from "../settings.ts";

type Props = {
  by: Settings["sign_in"]["by"];
  /** They were signed in until a moment ago. */
  ended: boolean;
  /** Why coming back did not work. */
  problem: unknown;
  onEnter(name: string): Promise<void>;
};

export function SignIn({ by, ended, problem, onEnter }: Props) {
  const [failure, setFailure] = useState(problem);
  const [entering, setEntering] = useState(false);

  const enter = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    setEntering(true);
    setFailure(undefined);
    await onEnter(name).catch((error) => {
      setFailure(error);
      setEntering(false);
    });
  };

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Brand />
        <h1>Pictures that stay</h1>
        <p className="muted">
          Make characters and worlds, bring your own pictures, and keep every one of them behind an
          address that never changes.
        </p>
        {ended && <p role="status">Your session ended: sign in again.</p>}
        <form onSubmit={enter}>
          {by === "name" && (
            <label className="field">
              Your name
              <input
                name="name"
                required
                pattern=".*\S.*"
                maxLength={limits.subject_chars}
                autoComplete="username"
                autoCapitalize="none"
              />
            </label>
          )}
          <button type="submit" className="button primary wide" disabled={entering}>
            {entering ? "Signing in…" : "Sign in"}
          </button>
        </form>
        {by === "name" && (
          <p className="hint">On this machine a name is enough; there is no password.</p>
        )}
        {failure !== undefined && <ErrorMessage error={failure} />}
      </div>
    </main>
  );
}

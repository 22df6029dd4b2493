import { useEffect, useMemo, useState } from "react";
import { Route, Switch } from "wouter";
import styles from "./App.module.css";
import { CreatePage } from "./create/CreatePage.tsx";
import { DraftsProvider } from "./create/DraftsProvider.tsx";
import { deleteStoredDrafts } from "./create/storedDrafts.ts";
import { ImagesPage } from "./images/ImagesPage.tsx";
import { UploadsProvider } from "./images/UploadsProvider.tsx";
import { Shell } from "./Shell.tsx";
import type { AuthProvider, Identity } from "./session/auth.ts";
import { devAuth } from "./session/devAuth.ts";
import { SessionProvider, useSession } from "./session/SessionProvider.tsx";
import { SignIn } from "./session/SignIn.tsx";
import type { Settings } from "./settings.ts";
import { TelegramPage } from "./telegram/TelegramPage.tsx";
import { Page } from "./ui/Page.tsx";
import { WorldPage } from "./worlds/WorldPage.tsx";
import { WorldsPage } from "./worlds/WorldsPage.tsx";

/** The sign-in page until there is a token, then the sections of that one person. */
export function App({ settings }: { settings: Settings }) {
  const auth = useMemo(() => authProvider(settings), [settings]);
  const [identity, setIdentity] = useState<Identity>();
  const [state, setState] = useState<"opening" | "signedOut" | "expired">("opening");
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    auth
      .resume()
      .then(setIdentity, setProblem)
      .finally(() => setState("signedOut"));
  }, [auth]);

  if (identity)
    return (
      <SessionProvider
        key={identity.id}
        settings={settings}
        identity={identity}
        onEnd={(reason) => {
          if (reason === "signedOut") signOut(identity).catch(setProblem);
          setIdentity(undefined);
          setState(reason);
        }}
      >
        <DraftsProvider>
          <UploadsProvider>
            <Sections />
          </UploadsProvider>
        </DraftsProvider>
      </SessionProvider>
    );
  if (state === "opening") return <p className={styles.opening}>Loading…</p>;
  return (
    <SignIn
      by={settings.sign_in.by}
      hasExpired={state === "expired"}
      problem={problem}
      onSignIn={(name) => auth.signIn(name).then(setIdentity)}
    />
  );
}

function Sections() {
  const { settings } = useSession();
  return (
    <Shell>
      <Switch>
        <Route path="/" component={CreatePage} />
        <Route path="/worlds" component={WorldsPage} />
        <Route path="/worlds/:world_id">
          {({ world_id }) => <WorldPage key={world_id} world_id={world_id} />}
        </Route>
        <Route path="/images" component={ImagesPage} />
        {!settings.no_bot && <Route path="/telegram" component={TelegramPage} />}
        <Route>
          <Page title="Page not found">
            <p>The address may be mistyped, or what it showed has been deleted.</p>
          </Page>
        </Route>
      </Switch>
    </Shell>
  );
}

/** Also deletes their drafts from this browser. */
async function signOut(identity: Identity) {
  await Promise.all([identity.signOut(), deleteStoredDrafts(identity.id)]);
}

function authProvider({ sign_in }: Settings): AuthProvider {
  if (sign_in.by === "name") return devAuth();
  // in a chunk of its own, outside the first load
  const auth = import("./session/oidcAuth.ts").then(({ oidcAuth }) => oidcAuth(sign_in));
  return {
    resume: async () => (await auth).resume(),
    signIn: async (name) => (await auth).signIn(name),
  };
}

import { useMemo, useState } from "react";
import { Route, Switch } from "wouter";
import { DraftsProvider } from "./create/DraftsProvider.tsx";
import { UploadsProvider } from "./images/UploadsProvider.tsx";
import { Shell } from "./Shell.tsx";
import {
  CreatePage,
  DatasetsSection,
  ImagesPage,
  TelegramPage,
  WorldPage,
  WorldsPage,
  YouPage,
} from "./sections.tsx";
import type { AuthProvider } from "./session/authProvider.ts";
import { devAuth } from "./session/devAuth.ts";
import { SessionProvider, useSession } from "./session/SessionProvider.tsx";
import { SignIn } from "./session/SignIn.tsx";
import { useAppSession } from "./session/useAppSession.ts";
import type { Settings } from "./settings.ts";
import { Button } from "./ui/Button.tsx";
import { Dialog } from "./ui/Dialog.tsx";
import { Page } from "./ui/Page.tsx";

/** The sign-in page until there is a token, then the sections of that one person. */
export function App({ settings }: { settings: Settings }) {
  const auth = useMemo(() => authProvider(settings), [settings]);
  const { state, signIn, end, startAfresh } = useAppSession(auth);
  if (state.is === "opening") return <p className="opening">Loading…</p>;
  if (state.is === "signedOut")
    return (
      <SignIn
        by={settings.sign_in.by}
        endedId={state.endedId}
        problem={state.problem}
        onSignIn={signIn}
      />
    );
  const { identity, erasure, isErasedElsewhere, restarts } = state;
  return (
    <SessionProvider
      key={`${restarts} ${identity.id}`}
      settings={settings}
      identity={identity}
      onEnd={(reason) => end(identity, reason)}
      onErased={(erasure) => startAfresh(identity, erasure)}
      erasure={erasure}
    >
      <DraftsProvider>
        <UploadsProvider>
          <Sections />
          {isErasedElsewhere && <ErasedElsewhere />}
        </UploadsProvider>
      </DraftsProvider>
    </SessionProvider>
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
        <Route path="/images/:image_id?" component={ImagesPage} />
        <Route path="/datasets/*?" component={DatasetsSection} />
        <Route path="/you" component={YouPage} />
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

/** Why this tab no longer shows what it did. */
function ErasedElsewhere() {
  const [isOpen, setIsOpen] = useState(true);
  if (!isOpen) return null;
  const close = () => setIsOpen(false);
  return (
    <Dialog
      title="Everything was deleted"
      onClose={close}
      actions={
        <Button variant="primary" onClick={close}>
          OK
        </Button>
      }
    >
      <p>
        You deleted everything in another tab of this browser. Uploads that were running here are
        stopped.
      </p>
    </Dialog>
  );
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

import { useEffect, useMemo, useState } from "react";
import { Route, Switch } from "wouter";
import { CreatePage } from "./create/CreatePage.tsx";
import { DraftsProvider } from "./create/DraftsProvider.tsx";
import { forgetDrafts } from "./create/storedDrafts.ts";
import { ImagesPage } from "./images/ImagesPage.tsx";
import { UploadsProvider } from "./images/UploadsProvider.tsx";
import { Shell } from "./Shell.tsx";
import type { AuthProvider, Identity } from "./session/AuthProvider.ts";
import { devAuth } from "./session/devAuth.ts";
import { SessionProvider } from "./session/SessionProvider.tsx";
import { SignIn } from "./session/SignIn.tsx";
import type { Settings } from "./settings.ts";
import { TelegramPage } from "./telegram/TelegramPage.tsx";
import { Page } from "./ui/Page.tsx";
import { WorldPage } from "./worlds/WorldPage.tsx";
import { WorldsPage } from "./worlds/WorldsPage.tsx";

/** Nobody is let in before their token is there; what is behind the door belongs to one person. */
export function App({ settings }: { settings: Settings }) {
  const door = useMemo(() => doorOf(settings), [settings]);
  const [identity, setIdentity] = useState<Identity>();
  const [state, setState] = useState<"opening" | "closed" | "ended">("opening");
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    door
      .resume()
      .then(setIdentity, setProblem)
      .finally(() => setState("closed"));
  }, [door]);

  if (identity)
    return (
      <SessionProvider
        key={identity.id}
        settings={settings}
        identity={identity}
        onEnd={(why) => {
          if (why === "left") leave(identity).catch(setProblem);
          setIdentity(undefined);
          setState(why === "left" ? "closed" : "ended");
        }}
      >
        <DraftsProvider>
          <UploadsProvider>
            <Sections />
          </UploadsProvider>
        </DraftsProvider>
      </SessionProvider>
    );
  if (state === "opening") return <p className="opening">Opening…</p>;
  return (
    <SignIn
      by={settings.sign_in.by}
      ended={state === "ended"}
      problem={problem}
      onEnter={(name) => door.enter(name).then(setIdentity)}
    />
  );
}

function Sections() {
  return (
    <Shell>
      <Switch>
        <Route path="/" component={CreatePage} />
        <Route path="/worlds" component={WorldsPage} />
        <Route path="/worlds/:world_id">
          {({ world_id }) => <WorldPage key={world_id} world_id={world_id} />}
        </Route>
        <Route path="/images" component={ImagesPage} />
        <Route path="/telegram" component={TelegramPage} />
        <Route>
          <Page title="Nothing is here">
            <p>The address may be mistyped, or what was here has been deleted.</p>
          </Page>
        </Route>
      </Switch>
    </Shell>
  );
}

/** What this browser kept of theirs goes, too. */
async function leave(identity: Identity) {
  await Promise.all([identity.leave(), forgetDrafts(identity.id)]);
}

function doorOf({ api, sign_in }: Settings): AuthProvider {
  if (sign_in.by === "name") return devAuth(api);
  // most of the page's visitors never need it twice: it loads beside the page, not with it
  const door = import("./session/oidcAuth.ts").then(({ oidcAuth }) => oidcAuth(sign_in));
  return {
    resume: async () => (await door).resume(),
    enter: async (name) => (await door).enter(name),
  };
}

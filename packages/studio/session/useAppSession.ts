import type { Erasure } from "@keepsake/contract/schemas";
import { useEffect, useState } from "react";
import type { AuthProvider, Identity } from "./authProvider.ts";
import { deleteBrowserData } from "./browserData.ts";
import { useEventsOfOtherTabs } from "./otherTabs.ts";

type State =
  | { is: "opening" }
  | {
      is: "signedIn";
      identity: Identity;
      /** How often everything that this page holds of the person was dropped. */
      restarts: number;
      /** The receipt of deleting everything. */
      erasure?: Erasure;
      /** Another tab deleted everything. */
      isErasedElsewhere?: boolean;
    }
  | {
      is: "signedOut";
      /** The person whose session ended without their doing. */
      endedId?: string;
      /** Why an earlier session could not be resumed. */
      problem?: unknown;
    };

/** Whether anyone is signed in, in step with the other tabs of this browser. */
export function useAppSession(auth: AuthProvider) {
  const [state, setState] = useState<State>({ is: "opening" });
  const announce = useEventsOfOtherTabs((event) => {
    if (state.is !== "signedIn") return;
    if (event === "erased") return restart(state.identity, { isErasedElsewhere: true });
    state.identity.forget();
    setState({ is: "signedOut" });
  });

  useEffect(() => {
    auth.resume().then(
      (resumed) => {
        if (!resumed) setState({ is: "signedOut" });
        else if ("endedId" in resumed) setState({ is: "signedOut", ...resumed });
        else setState({ is: "signedIn", identity: resumed, restarts: 0 });
      },
      (problem) => setState({ is: "signedOut", problem }),
    );
  }, [auth]);

  return {
    state,
    async signIn(name: string) {
      const identity = await auth.signIn(name);
      // another person would not find what the address names
      if (state.is === "signedOut" && state.endedId !== undefined && state.endedId !== identity.id)
        history.replaceState(null, "", "/");
      setState({ is: "signedIn", identity, restarts: 0 });
    },
    /** Late requests of a session that is over end no other. */
    end(identity: Identity, reason: "signedOut" | "expired") {
      if (reason === "signedOut") signOut(identity);
      const next: State =
        reason === "signedOut" ? { is: "signedOut" } : { is: "signedOut", endedId: identity.id };
      setState((now) => (now.is === "signedIn" && now.identity === identity ? next : now));
    },
    startAfresh(identity: Identity, erasure: Erasure) {
      deleteEverywhere(identity.id);
      announce("erased");
      restart(identity, { erasure });
    },
  };

  function restart(identity: Identity, why: { erasure: Erasure } | { isErasedElsewhere: true }) {
    setState((now) =>
      now.is === "signedIn" && now.identity === identity
        ? { is: "signedIn", identity, restarts: now.restarts + 1, ...why }
        : now,
    );
  }

  function signOut(identity: Identity) {
    announce("signedOut");
    deleteEverywhere(identity.id);
    identity.signOut().catch((problem) => setState({ is: "signedOut", problem }));
  }
}

/** Once more shortly afterwards: until it ends, a part of this page or of another tab may store again. */
function deleteEverywhere(id: string) {
  deleteBrowserData(id);
  setTimeout(deleteBrowserData, 300, id);
}

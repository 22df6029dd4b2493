import type { Client } from "@keepsake/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { saveAllCaptions } from "../datasets/lazyParts.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { worldsWithEdits } from "../worlds/edits/storedEdits.ts";
import { type BrowserData, browserDataOf, browserDataText, isNothing } from "./browserData.ts";
import { useSession } from "./SessionProvider.tsx";

type Props = {
  /** Uploads of this page that have not finished. */
  runningUploads: number;
  onClose(): void;
};

/**
 * Saves the captions that are not saved, then signs out; asks first when that would delete something from this browser.
 * It is shown once that is known: a button that moves while it is pressed is missed.
 */
export function SignOutDialog({ runningUploads, onClose }: Props) {
  const session = useSession();
  const queries = useQueryClient();
  const [step, setStep] = useState<"checking" | "saving" | BrowserData>("checking");
  useEffect(() => {
    let isClosed = false;
    const check = async () => {
      const stored = await browserDataOf(session.id);
      if (stored.captions) {
        if (!isClosed) setStep("saving");
        await saveCaptions(session, queries);
      }
      const left = await browserDataOf(session.id);
      const data = {
        ...left,
        uploads: Math.max(left.uploads, runningUploads),
        worldTitles: await titlesOf(worldsWithEdits(session.id), session.client),
      };
      if (isClosed) return;
      if (isNothing(data)) session.signOut();
      else setStep(data);
    };
    check();
    return () => {
      isClosed = true;
    };
  }, [session, queries, runningUploads]);
  if (step === "checking") return null;
  return (
    <Dialog
      title="Sign out?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Stay signed in</Button>
          <Button variant="danger" onClick={session.signOut}>
            Sign out anyway
          </Button>
        </>
      }
    >
      <p role="status">
        {step === "saving"
          ? "Saving what is not saved…"
          : `Signing out stops and deletes what only this browser has: ${browserDataText(step)}.`}
      </p>
      <p>You are signed out in every tab of this browser.</p>
    </Dialog>
  );
}

/** Without those that cannot be loaded. */
async function titlesOf(world_ids: string[], client: Client): Promise<string[]> {
  const titles = world_ids.map((world_id) =>
    client.getWorld({ world_id }).then(
      ({ world }) => world.title,
      () => null,
    ),
  );
  return (await Promise.all(titles)).flatMap((title) => title ?? []);
}

/** What could not be saved, also because its code could not be loaded, is asked about. */
async function saveCaptions(...where: Parameters<typeof saveAllCaptions>) {
  try {
    const { saveAllCaptions } = await import("../datasets/lazyParts.ts");
    await saveAllCaptions(...where);
  } catch {}
}

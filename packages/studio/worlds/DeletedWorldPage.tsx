import type { World } from "@keepsake/contract/schemas";
import { Link } from "wouter";
import { Page } from "../ui/Page.tsx";
import { LostTexts } from "./edits/LostTexts.tsx";

type Props = {
  world_id: string;
  /** As it was when this page last showed it; undefined when it never did. */
  world: World | undefined;
};

/** In place of a world that the API does not find. Texts that were typed and not saved can still be copied. */
export function DeletedWorldPage({ world_id, world }: Props) {
  return (
    <Page title={world ? "This world was deleted" : "World not found"}>
      <p>
        {world ? (
          <>
            <bdi>{world.title ? `“${world.title}”` : "It"}</bdi> no longer exists. Your images stay
            in Images.
          </>
        ) : (
          "It was deleted, or it belongs to another account."
        )}
      </p>
      <LostTexts world_id={world_id} />
      <p>
        <Link href="/worlds">All your worlds</Link>
      </p>
    </Page>
  );
}

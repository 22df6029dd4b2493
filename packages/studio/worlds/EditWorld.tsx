import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { EditedField } from "./edits/EditedField.tsx";
import { EditForm } from "./edits/EditForm.tsx";
import { type Texts, useEdits } from "./edits/useEdits.ts";
import { worldsKey } from "./useWorlds.ts";
import { WorldPictureField } from "./WorldPictureField.tsx";

type Props = {
  world: World;
  refresh(): Promise<void>;
  isOpen: boolean;
  onClose(): void;
  /** Shown while nothing is edited. */
  children: ReactNode;
};

/** The texts and the picture of a world. Open also while something that was typed is not saved. */
export function EditWorld({ world, refresh, isOpen, onClose, children }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { world_id } = world;
  const edits = useEdits(world_id, "world", textsOf(world));

  return (
    <EditForm
      name="World"
      edits={edits}
      isOpen={isOpen}
      onClose={onClose}
      refresh={refresh}
      load={async () => textsOf((await client.getWorld({ world_id })).world)}
      send={async ({ theme, ...texts }) => {
        await client.updateWorld({ world_id, ...texts, ...(theme && { theme }) });
        queries.invalidateQueries({ queryKey: worldsKey });
      }}
      closed={children}
    >
      <EditedField
        label="Title"
        edit={edits.field("title")}
        maxLength={limits.title_chars}
        placeholder="Untitled world"
      />
      <EditedField
        label="Theme"
        edit={edits.field("theme")}
        maxLength={limits.theme_chars}
        isRequired
      />
      <EditedField
        label="Story"
        edit={edits.field("story")}
        maxLength={limits.story_chars}
        placeholder="What happened here, and what is about to?"
        isLong
      />
      <WorldPictureField world={world} refresh={refresh} />
    </EditForm>
  );
}

const textsOf = ({ title, theme, story }: World): Texts => ({ title, theme, story });

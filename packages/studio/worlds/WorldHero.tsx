import type { World } from "@keepsake/contract/schemas";
import { useRef, useState } from "react";
import { Button } from "../ui/Button.tsx";
import { Chip } from "../ui/Chip.tsx";
import { formatDate, pluralize } from "../ui/format.ts";
import { Pencil, Trash2 } from "../ui/icons.tsx";
import { PageTitle } from "../ui/Page.tsx";
import { EditWorld } from "./EditWorld.tsx";
import { HeroPicture } from "./HeroPicture.tsx";
import { PublicPage } from "./PublicPage.tsx";
import styles from "./WorldHero.module.css";

type Props = { world: World; refresh(): Promise<void>; onDelete(title: string): void };

/** The head of a world's page: its picture or portraits, its texts, which can be edited here, and what can be done with it. */
export function WorldHero({ world, refresh, onDelete }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const title = world.title ?? "Untitled world";
  return (
    <>
      <div className={styles.hero}>
        <HeroPicture world={world} title={title} />
        <div className={styles.texts}>
          <PageTitle title={title} page={world.world_id} />
          <p className={styles.facts}>
            <Chip dir="auto" className={styles.theme}>
              {world.theme}
            </Chip>{" "}
            {countsOf(world)}, created {formatDate(world.created_at)}
          </p>
          <div className={styles.actions}>
            <Button ref={edit} aria-expanded={isEditing} onClick={() => setIsEditing(true)}>
              <Pencil aria-hidden size={16} /> Edit
            </Button>
            <Button onClick={() => onDelete(title)}>
              <Trash2 aria-hidden size={16} /> Delete…
            </Button>
          </div>
          <PublicPage world={world} title={title} refresh={refresh} />
        </div>
      </div>
      <EditWorld
        world={world}
        refresh={refresh}
        isOpen={isEditing}
        onClose={() => {
          setIsEditing(false);
          edit.current?.focus();
        }}
      >
        {world.story && (
          <p className={styles.story} dir="auto">
            {world.story}
          </p>
        )}
      </EditWorld>
    </>
  );
}

/** `3 characters, 2 portraits` */
function countsOf({ pieces }: World) {
  const noun = pieces.every(({ type }) => type === "character") ? "character" : "piece";
  const portraits = pieces.filter(({ details }) => details.image_portrait).length;
  return `${pluralize(pieces.length, noun)}, ${pluralize(portraits, "portrait")}`;
}

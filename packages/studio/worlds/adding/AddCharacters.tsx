import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import { useRef, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Pencil, WandSparkles } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import styles from "./AddCharacters.module.css";
import { GenerateCharacters } from "./GenerateCharacters.tsx";
import { useGeneratedCharacters } from "./useGeneratedCharacters.ts";
import { WriteCharacter } from "./WriteCharacter.tsx";

type Props = { world: World; refresh(): Promise<void> };

/** Adds characters to a world: generated ones of which some are kept, or one that is written by hand. */
export function AddCharacters({ world, refresh }: Props) {
  /** Undefined until the button is pressed: then it is open while there are generated characters. */
  const [isOpened, setIsOpened] = useState<boolean>();
  const [isWriting, setIsWriting] = useState(false);
  const generate = useRef<HTMLButtonElement>(null);
  const write = useRef<HTMLButtonElement>(null);
  const generated = useGeneratedCharacters(world.world_id);
  const isFull = world.pieces.length >= limits.pieces_per_world;
  const waiting = generated.drafts.length;
  const showsGenerator = isOpened ?? waiting > 0;

  return (
    <section className={styles.add} aria-labelledby="add-characters">
      <h2 id="add-characters">Add characters</h2>
      {isFull && (
        <p className={text.muted}>
          A world has at most {limits.pieces_per_world} pieces. Remove one to add another.
        </p>
      )}
      <div className={styles.buttons}>
        <Button
          ref={generate}
          aria-expanded={showsGenerator}
          aria-disabled={isFull}
          onClick={() => !isFull && setIsOpened(!showsGenerator)}
        >
          <WandSparkles aria-hidden size={18} /> Generate some
          {!showsGenerator && waiting > 0 && ` (${waiting} not added)`}
        </Button>
        <Button
          ref={write}
          aria-expanded={isWriting}
          aria-disabled={isFull}
          onClick={() => !isFull && setIsWriting(true)}
        >
          <Pencil aria-hidden size={18} /> Write one
        </Button>
      </div>
      {showsGenerator && (
        <GenerateCharacters
          world={world}
          generated={generated}
          refresh={refresh}
          onClose={() => {
            setIsOpened(undefined);
            generate.current?.focus();
          }}
        />
      )}
      <WriteCharacter
        world_id={world.world_id}
        refresh={refresh}
        isOpen={isWriting}
        onClose={() => {
          setIsWriting(false);
          write.current?.focus();
        }}
      />
    </section>
  );
}

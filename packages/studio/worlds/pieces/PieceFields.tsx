import { limits } from "@keepsake/contract/limits";
import type { Details } from "@keepsake/contract/schemas";
import { useId, useState } from "react";
import { detailTitle } from "../../characters/detailTitle.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { EditedField } from "../edits/EditedField.tsx";
import type { EditsOfSubject } from "../edits/useEdits.ts";
import styles from "./PieceFields.module.css";
import { detailField, detailKey, isFreeKey, isList } from "./pieceTexts.ts";

type Props = {
  edits: EditsOfSubject;
  /** As they are saved: a list stays a list. */
  details: Details;
  /** The fields of the saved texts, in their order. */
  fields: string[];
};

/** Name, description and details of a piece, and adding a detail. */
export function PieceFields({ edits, details, fields }: Props) {
  const [added, setAdded] = useState<string[]>([]);
  const keys = [...new Set([...fields, ...Object.keys(edits.edits), ...added])].flatMap(
    (field) => detailKey(field) ?? [],
  );
  return (
    <>
      <EditedField
        label="Name"
        edit={edits.field("name")}
        maxLength={limits.name_chars}
        isRequired
      />
      <EditedField
        label="Description"
        edit={edits.field("description")}
        maxLength={limits.description_chars}
        isLong
      />
      {keys.map((key) => (
        <EditedField
          key={key}
          label={detailTitle(key)}
          {...(isList(key, details[key]) && { hint: "one in each line" })}
          edit={edits.field(detailField(key))}
          isLong
        />
      ))}
      <AddDetail onAdd={(key) => setAdded([...added, detailField(key)])} />
    </>
  );
}

function AddDetail({ onAdd }: { onAdd(key: string): void }) {
  const [name, setName] = useState("");
  const hint = useId();
  const key = name.trim().toLowerCase().replace(/\s+/g, "_");
  const add = () => {
    if (!isFreeKey(key)) return;
    onAdd(key);
    setName("");
  };
  return (
    <div className={styles.add}>
      <Field label="Another detail">
        <input
          value={name}
          onChange={({ target }) => setName(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
          dir="auto"
          maxLength={60}
          placeholder="Home town"
          aria-describedby={hint}
        />
      </Field>
      <Button aria-disabled={!isFreeKey(key)} onClick={add}>
        Add
      </Button>
      <p id={hint} className={styles.hint}>
        A detail that you empty is removed.
      </p>
    </div>
  );
}

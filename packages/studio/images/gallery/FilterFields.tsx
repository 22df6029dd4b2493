import type { Image } from "@keepsake/contract/schemas";
import { useId, useMemo } from "react";
import { Field } from "../../ui/Field.tsx";
import { platformName } from "../imageNames.ts";
import styles from "./FilterBar.module.css";
import type { ChangeFilter, GalleryFilter } from "./galleryFilter.ts";

type Props = {
  id: string;
  filter: GalleryFilter;
  images: readonly Image[];
  onChange: ChangeFilter;
};

const platforms: Image["platform"][] = ["web", "telegram", "discord", "url", "base64"];

/** Each change is applied at once. */
export function FilterFields({ id, filter, images, onChange }: Props) {
  const { platform = "", visibility = "", tag = "", from = "", to = "" } = filter;
  const suggestions = useId();
  const tags = useMemo(() => [...new Set(images.flatMap(({ tags }) => tags))].sort(), [images]);
  const set = (field: keyof GalleryFilter) => (event: { target: { value: string } }) =>
    onChange({ ...filter, [field]: event.target.value }, { replace: true });
  return (
    <div id={id} className={styles.fields}>
      <Field label="Source">
        <select value={platform} onChange={set("platform")}>
          <option value="">Anywhere</option>
          {platforms.map((platform) => (
            <option key={platform} value={platform}>
              {platformName(platform)}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Tag">
        <input
          dir="auto"
          maxLength={50}
          defaultValue={tag}
          key={tag}
          list={suggestions}
          onBlur={({ target }) => target.value.trim() !== tag && set("tag")({ target })}
          onKeyDown={({ key, currentTarget: target }) => key === "Enter" && set("tag")({ target })}
        />
      </Field>
      <datalist id={suggestions}>
        {tags.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
      <Field label="Visibility">
        <select value={visibility} onChange={set("visibility")}>
          <option value="">Public and private</option>
          <option value="public">Public</option>
          <option value="private">Private</option>
        </select>
      </Field>
      <Field label="Since">
        <input type="date" value={from} max={to || undefined} onChange={set("from")} />
      </Field>
      <Field label="Until">
        <input type="date" value={to} min={from || undefined} onChange={set("to")} />
      </Field>
    </div>
  );
}

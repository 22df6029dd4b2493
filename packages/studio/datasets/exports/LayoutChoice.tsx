import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import styles from "./LayoutChoice.module.css";
import { layouts } from "./layouts.ts";

type Props = { layout: ExportLayout; onChange(layout: ExportLayout): void };

/** The layouts as radio buttons, each with the trainers that read it. */
export const LayoutChoice = ({ layout, onChange }: Props) => (
  <fieldset className={styles.layouts}>
    <legend>Layout</legend>
    {Object.entries(layouts).map(([value, { name, readBy, files }]) => (
      <label key={value} className={styles.layout}>
        <input
          type="radio"
          name="layout"
          value={value}
          checked={value === layout}
          onChange={() => onChange(value as ExportLayout)}
        />
        <span className={styles.text}>
          <strong>{name}</strong>
          <span>{readBy}</span>
          <code>{files}</code>
        </span>
      </label>
    ))}
  </fieldset>
);

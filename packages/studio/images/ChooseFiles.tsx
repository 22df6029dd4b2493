import { uploadTypes } from "@keepsake/contract/uploadTypesAndHeaders";
import { type ButtonStyle, buttonClass } from "../ui/Button.tsx";
import { ImageUp } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import styles from "./ChooseFiles.module.css";

type Props = ButtonStyle & {
  label: string;
  multiple?: boolean;
  disabled?: boolean;
  onFiles(files: File[]): void;
};

/** The browser's own file input, with the look of a button. */
export function ChooseFiles({
  label,
  multiple = false,
  disabled = false,
  onFiles,
  ...style
}: Props) {
  return (
    <label className={buttonClass(style, styles.label)} aria-disabled={disabled || undefined}>
      <ImageUp aria-hidden size={18} />
      {label}
      <input
        type="file"
        className={text.visuallyHidden}
        accept={uploadTypes.join(",")}
        multiple={multiple}
        disabled={disabled}
        onChange={({ target }) => {
          const files = Array.from(target.files ?? []);
          target.value = ""; // otherwise choosing the same file again fires no event
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}

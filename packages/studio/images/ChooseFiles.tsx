import { uploadTypes } from "@keepsake/contract/uploads";
import { ImageUp } from "lucide-react";

type Props = {
  label: string;
  className?: string;
  multiple?: boolean;
  disabled?: boolean;
  onFiles(files: File[]): void;
};

/** The browser's own file input, looking like our buttons. */
export function ChooseFiles({
  label,
  className = "button",
  multiple = false,
  disabled = false,
  onFiles,
}: Props) {
  return (
    <label className={`${className} choose-files`} aria-disabled={disabled || undefined}>
      <ImageUp aria-hidden size={18} />
      {label}
      <input
        type="file"
        className="visually-hidden"
        accept={uploadTypes.join(",")}
        multiple={multiple}
        disabled={disabled}
        onChange={({ target }) => {
          const files = Array.from(target.files ?? []);
          target.value = ""; // or choosing the same file again would change nothing
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}

import { type ComponentPropsWithoutRef, type ReactElement, useRef } from "react";
import { isAccepted, withType } from "../../queue/checkFile.ts";
import type { Upload } from "../useUpload.ts";
import { splitUploadProps, type UploadProps, WithUpload } from "./UploadContext.tsx";

export type UploadButtonProps = UploadProps &
  Omit<ComponentPropsWithoutRef<"button">, keyof UploadProps | "type"> & {
    /** Chooses a folder, with all pictures in it. */
    directory?: boolean | undefined;
  };

/** A button that opens the browser's dialog for files and adds those that are chosen to the queue. */
export function UploadButton(props: UploadButtonProps): ReactElement {
  const [options, { directory, ...button }] = splitUploadProps(props);
  return (
    <WithUpload options={options}>
      {(upload) => <ChooseButton upload={upload} directory={directory} button={button} />}
    </WithUpload>
  );
}

type ChooseButtonProps = {
  upload: Upload;
  directory: boolean | undefined;
  button: ComponentPropsWithoutRef<"button">;
};

function ChooseButton({ upload, directory = false, button }: ChooseButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const { accept, maxFiles } = upload;
  const {
    children = directory ? "Choose a folder" : "Choose pictures",
    onClick,
    ...props
  } = button;
  return (
    <>
      <button
        type="button"
        data-keepsake="button"
        data-busy={upload.isBusy || undefined}
        {...props}
        onClick={(event) => {
          onClick?.(event);
          if (!event.defaultPrevented) input.current?.click();
        }}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        tabIndex={-1}
        aria-hidden
        accept={accept}
        multiple={maxFiles !== 1}
        disabled={button.disabled}
        {...(directory && { webkitdirectory: "" })}
        onChange={({ target }) => {
          const files = Array.from(target.files ?? []);
          target.value = ""; // otherwise choosing the same file again fires no event
          const chosen = directory
            ? files.filter((file) => isAccepted(withType(file), accept))
            : files;
          if (chosen.length > 0) upload.add(chosen);
        }}
      />
    </>
  );
}

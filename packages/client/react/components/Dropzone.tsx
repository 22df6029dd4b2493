import { type ComponentPropsWithoutRef, type ReactElement, type ReactNode, useRef } from "react";
import type { Upload } from "../useUpload.ts";
import { UploadButton } from "./UploadButton.tsx";
import { splitUploadProps, UploadContext, type UploadProps, WithUpload } from "./UploadContext.tsx";
import { UploadList } from "./UploadList.tsx";
import { UploadProgress } from "./UploadProgress.tsx";
import { useIncomingFiles } from "./useIncomingFiles.ts";
import { useKeptFocus } from "./useKeptFocus.ts";

export type DropzoneState = { upload: Upload; isDragging: boolean };

export type DropzoneProps = UploadProps &
  Omit<ComponentPropsWithoutRef<"section">, keyof UploadProps | "children"> & {
    /** A button, the progress and the list of files by default. `UploadButton` and the others use its queue. */
    children?: ReactNode | ((state: DropzoneState) => ReactNode);
    disabled?: boolean | undefined;
    /** Takes files that are dropped anywhere on the page. Without it, those dropped elsewhere are ignored. */
    wholePage?: boolean | undefined;
  };

/**
 * Takes pictures, and folders of them, that are dropped on it or pasted into the page. `data-dragging`,
 * `data-disabled`, `data-busy` and `data-offline` are set while they apply.
 */
export function Dropzone(props: DropzoneProps): ReactElement {
  const [options, rest] = splitUploadProps(props);
  return (
    <WithUpload options={options}>{(upload) => <Zone upload={upload} {...rest} />}</WithUpload>
  );
}

type ZoneProps = { upload: Upload } & Omit<DropzoneProps, keyof UploadProps>;

function Zone({ upload, children, disabled = false, wholePage = false, ...props }: ZoneProps) {
  const zone = useRef<HTMLElement>(null);
  const focus = useKeptFocus(zone);
  const isDragging = useIncomingFiles(zone, { upload, disabled, wholePage });
  return (
    <UploadContext.Provider value={upload}>
      <section
        ref={zone}
        tabIndex={-1}
        aria-label="Upload pictures"
        data-keepsake="dropzone"
        data-dragging={isDragging || undefined}
        data-disabled={disabled || undefined}
        data-whole-page={wholePage || undefined}
        data-busy={upload.isBusy || undefined}
        data-offline={upload.isOffline || undefined}
        {...props}
        onFocus={(event) => {
          focus.onFocus();
          props.onFocus?.(event);
        }}
        onBlur={(event) => {
          focus.onBlur();
          props.onBlur?.(event);
        }}
      >
        {typeof children === "function"
          ? children({ upload, isDragging })
          : (children ?? <DefaultContent disabled={disabled} />)}
      </section>
    </UploadContext.Provider>
  );
}

function DefaultContent({ disabled }: { disabled: boolean }) {
  return (
    <>
      <div data-keepsake="choose">
        <UploadButton disabled={disabled} />
        <p data-keepsake="hint">or drop them here, or paste them</p>
      </div>
      <UploadProgress />
      <UploadList />
    </>
  );
}

import { type Context, createContext, type ReactElement, useContext } from "react";
import { type Upload, type UseUploadOptions, useUpload } from "../useUpload.ts";

/** The queue of the dropzone that a component is in. */
export const UploadContext: Context<Upload | undefined> = createContext<Upload | undefined>(
  undefined,
);

/** The queue of a component: one that is passed, or one of its own with these options, or that of its dropzone. */
export type UploadProps = UseUploadOptions & {
  /** From `useUpload`. The options of the queue are then those of `useUpload`. */
  upload?: Upload | undefined;
};

/** Renders with the queue of a component. */
export function WithUpload({
  options: { upload, ...options },
  children,
}: {
  options: UploadProps;
  children(upload: Upload): ReactElement;
}): ReactElement {
  const around = useContext(UploadContext);
  // with the queue around, a `visibility` of its own would be ignored and publish a private picture
  const isOwn = Object.values(options).some((option) => option !== undefined);
  const shared = upload ?? (isOwn ? undefined : around);
  return shared ? children(shared) : <OwnUpload options={options}>{children}</OwnUpload>;
}

function OwnUpload({
  options,
  children,
}: {
  options: UseUploadOptions;
  children(upload: Upload): ReactElement;
}) {
  return children(useUpload(options));
}

/** The queue of a part of a dropzone. */
export function useUploadOf(upload: Upload | undefined): Upload {
  const around = useContext(UploadContext);
  const known = upload ?? around;
  if (!known) throw new Error("Pass `upload`, or put this component into a <Dropzone>");
  return known;
}

/** The options of the queue, and the other props. */
export function splitUploadProps<Props extends UploadProps>(
  props: Props,
): [UploadProps, Omit<Props, keyof UploadProps>] {
  const { upload, concurrency, accept, maxFiles, visibility, reuse, ...more } = props;
  const { keepPrompt, keepMetadata, onPublished, onError, ...rest } = more;
  const options = { upload, concurrency, accept, maxFiles, visibility, reuse };
  const others = { keepPrompt, keepMetadata, onPublished, onError };
  return [{ ...options, ...others }, rest as unknown as Omit<Props, keyof UploadProps>];
}

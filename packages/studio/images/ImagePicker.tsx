import { lazyPart } from "../ui/lazyPart.tsx";

/** Picks an image in a dialog, whose code is loaded when it is first opened. */
export const ImagePicker = lazyPart(
  async () => (await import("./ImagePickerDialog.tsx")).ImagePickerDialog,
);

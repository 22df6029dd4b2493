import type { Input } from "@keepsake/contract/api";
import { defaultRepeats } from "@keepsake/contract/exportLayouts";
import type { LayoutOptions } from "./layouts/exportPlan.ts";

/** What an export is written with. */
export type ExportOptions = LayoutOptions & {
  /** Pixels a side, at most. */
  size?: number | undefined;
};

/** What a layout uses of the requested options, with its default. */
export function optionsOf({
  layout,
  repeats,
  class: kind,
  size,
}: Pick<Input<"createExport">, "layout" | "repeats" | "class" | "size">): ExportOptions {
  return {
    ...(layout === "kohya" && {
      repeats: repeats ?? defaultRepeats,
      ...(kind !== undefined && { class: kind }),
    }),
    ...(size !== undefined && { size }),
  };
}

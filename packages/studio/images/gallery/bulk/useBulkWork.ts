import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useRef, useState } from "react";
import { type FailedImage, forEachImage } from "./forEachImage.ts";

export type BulkState =
  | { is: "asking" }
  | { is: "running"; finished: number; count: number }
  | { is: "finished"; failed: FailedImage[] };

/** Work on several images, with its progress. It stops when its component is gone. */
export function useBulkWork() {
  const [state, setState] = useState<BulkState>({ is: "asking" });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  return {
    state,
    stop: () => controller.current?.abort(),
    async run(images: readonly Image[], work: (image: Image) => Promise<unknown>) {
      controller.current = new AbortController();
      const { signal } = controller.current;
      const count = images.length;
      setState({ is: "running", finished: 0, count });
      const onProgress = (finished: number) => setState({ is: "running", finished, count });
      const failed = await forEachImage(images, work, { signal, onProgress });
      setState({ is: "finished", failed });
      return failed;
    },
  };
}

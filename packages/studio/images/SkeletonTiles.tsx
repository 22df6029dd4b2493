import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import tiles from "./tiles.module.css";

/** In place of images while the first page of them loads. */
export function SkeletonTiles({ count }: { count: number }) {
  return (
    <div role="status">
      <span className={text.visuallyHidden}>Loading your images…</span>
      <div className={tiles.tiles} aria-hidden>
        {Array.from({ length: count }, (_, index) => (
          <Skeleton key={index} className={tiles.skeleton} />
        ))}
      </div>
    </div>
  );
}

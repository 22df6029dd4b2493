import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { describeFilters, type GalleryFilter, requestOf, searchOf } from "./galleryFilter.ts";
import styles from "./NoMatches.module.css";

type Props = { filter: GalleryFilter; onChange(filter: GalleryFilter): void };

/** In place of the images when none matches: says without which filter there are some. */
export function NoMatches({ filter, onChange }: Props) {
  const { client } = useSession();
  const set = describeFilters(filter);
  const { data: hiding = [] } = useQuery({
    queryKey: ["filters that hide images", searchOf(filter)],
    enabled: set.length > 1,
    queryFn: async () => {
      const found = await Promise.all(
        set.map(async ({ field }) => {
          const request = { ...requestOf({ ...filter, [field]: undefined }), limit: 1 };
          return (await client.listImages(request)).images.length > 0 ? field : [];
        }),
      );
      return found.flat();
    },
  });
  const offered = set.filter(({ field }) => set.length === 1 || hiding.includes(field));
  return (
    <EmptyState title="No image matches">
      {set.length > 1 && offered.length > 0 && <p>There are images when you clear one of these:</p>}
      <div className={styles.actions}>
        {offered.map(({ field, text }) => (
          <Button key={field} onClick={() => onChange({ ...filter, [field]: undefined })}>
            <span>
              Clear “<span dir="auto">{text}</span>”
            </span>
          </Button>
        ))}
        {set.length > 1 && (
          <Button variant="quiet" onClick={() => onChange({})}>
            Clear all filters
          </Button>
        )}
      </div>
    </EmptyState>
  );
}

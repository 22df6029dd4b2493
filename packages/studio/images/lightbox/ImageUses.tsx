import { Link } from "wouter";
import { pluralize } from "../../ui/format.ts";
import styles from "./ImageUses.module.css";

/** Who uses an image, as `image.in_use` says it. */
export type Uses = {
  worlds: { world_id: string; title: string | null; piece_ids: string[]; is_picture: boolean }[];
  datasets: { dataset_id: string; name: string }[];
};

type Props = { uses: Uses; onFollow(): void };

/** The worlds and datasets that use an image, and what goes when it is deleted all the same. */
export function ImageUses({ uses: { worlds, datasets }, onFollow }: Props) {
  const portraits = worlds.reduce((sum, { piece_ids }) => sum + piece_ids.length, 0);
  const pictured = worlds.filter(({ is_picture }) => is_picture).length;
  const losses = [
    portraits > 0 &&
      `${pluralize(portraits, "portrait")} made from it ${portraits === 1 ? "is" : "are"} deleted too`,
    pictured > 0 &&
      `${pluralize(pictured, "world")} ${pictured === 1 ? "loses its" : "lose their"} picture`,
    datasets.length > 0 &&
      `${pluralize(datasets.length, "dataset")} ${datasets.length === 1 ? "loses" : "lose"} it with its caption`,
  ].filter((loss) => loss !== false);
  return (
    <>
      <ul className={styles.uses}>
        {worlds.map(({ world_id, title, piece_ids, is_picture }) => (
          <li key={world_id}>
            <Link href={`/worlds/${world_id}`} onClick={onFollow} dir="auto">
              {title ?? "A world without a title"}
            </Link>
            {`: ${[is_picture && "its picture", piece_ids.length > 0 && pluralize(piece_ids.length, "portrait")].filter(Boolean).join(", ")}`}
          </li>
        ))}
        {datasets.map(({ dataset_id, name }) => (
          <li key={dataset_id}>
            <Link href={`/datasets/${dataset_id}`} onClick={onFollow} dir="auto">
              {name}
            </Link>
            {": dataset"}
          </li>
        ))}
      </ul>
      <p>If you delete it anyway, {losses.join(", and ")}. This cannot be undone.</p>
    </>
  );
}

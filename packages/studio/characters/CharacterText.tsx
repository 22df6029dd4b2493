import type { Details } from "@keepsake/contract/schemas";
import { Chip } from "../ui/Chip.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import styles from "./CharacterText.module.css";
import { detailTitle } from "./detailTitle.ts";

type Props = { name: string; description: string; details: Details };

/** Name, traits, description and other details of a character. Callers choose the fields of `details`. */
export function CharacterText({ name, description, details }: Props) {
  const {
    traits,
    image_portrait: _,
    image_portrait_base64: __,
    image_portrait_variants: ___,
    ...rest
  } = details;
  const items = Object.entries(rest).flatMap(([key, value]) => {
    const shown = textOf(value);
    return shown
      ? [
          [
            detailTitle(key),
            <span key={key} dir="auto">
              {shown}
            </span>,
          ],
        ]
      : [];
  });
  return (
    <div className={styles.text}>
      <h2 dir="auto" title={name}>
        {name}
      </h2>
      {isTexts(traits) && (
        <ul className={styles.traits} aria-label="Traits">
          {traits.map((trait) => (
            <li key={trait}>
              <Chip dir="auto">{trait}</Chip>
            </li>
          ))}
        </ul>
      )}
      <p dir="auto">{description}</p>
      {items.length > 0 && (
        <details>
          <summary>
            More <span className={text.visuallyHidden}>about {name}</span>
          </summary>
          <DescriptionList stacked items={Object.fromEntries(items)} />
        </details>
      )}
    </div>
  );
}

/** The text while it is being generated. */
export function CharacterTextSkeleton() {
  return (
    <div className={styles.text} aria-hidden>
      <Skeleton className={styles.nameSkeleton} />
      <Skeleton className={styles.lineSkeleton} />
      <Skeleton className={styles.lineSkeleton} />
      <Skeleton className={styles.lineSkeleton} />
    </div>
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  return isTexts(value) ? value.join(", ") : undefined;
}

import type { Details } from "@keepsake/contract/schemas";
import { DescriptionList } from "../ui/DescriptionList.tsx";

type Props = { name: string; description: string; details: Details };

/** What is known of a character. `details` belong to whoever wrote them, so any of them may be there. */
export function CharacterText({ name, description, details }: Props) {
  const { traits, image_portrait: _, image_portrait_base64: __, ...rest } = details;
  const known = Object.entries(rest).flatMap(([key, value]) => {
    const text = textOf(value);
    return text ? [[titleOf(key), text]] : [];
  });
  return (
    <div className="character-text">
      <h2>{name}</h2>
      {isTexts(traits) && (
        <ul className="character-traits" aria-label="Traits">
          {traits.map((trait) => (
            <li key={trait} className="chip">
              {trait}
            </li>
          ))}
        </ul>
      )}
      <p>{description}</p>
      {known.length > 0 && (
        <details>
          <summary>
            More <span className="visually-hidden">about {name}</span>
          </summary>
          <DescriptionList facts={Object.fromEntries(known)} />
        </details>
      )}
    </div>
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  return isTexts(value) ? value.join(", ") : undefined;
}

/** `favourite_food` → `Favourite food` */
function titleOf(key: string) {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

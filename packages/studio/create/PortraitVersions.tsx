import { Button } from "../ui/Button.tsx";
import { ChevronLeft, ChevronRight } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import { isSame, showVersion, versionsOf } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import { type Draft, settled } from "./draftsDocument.ts";
import styles from "./PortraitVersions.module.css";

/** Steps through the portraits that a draft has had, once there are two. */
export function PortraitVersions({ draft, name }: { draft: Draft; name: string }) {
  const { change } = useDrafts();
  const versions = versionsOf(draft);
  if (versions.length < 2) return null;
  const shown = settled(draft.portrait);
  const index = versions.findIndex((version) => shown && isSame(version, shown));
  const isPainting = draft.portrait.state === "painting";
  const step = (to: number, label: string) => {
    const version = versions[to];
    const isPossible = version && !isPainting;
    return (
      // not `disabled`, which would take the focus away
      <Button
        variant="quiet"
        size="small"
        shape="icon"
        aria-label={`${label} portrait of ${name}`}
        title={`${label} portrait`}
        aria-disabled={!isPossible}
        onClick={() => isPossible && change(showVersion(draft.key, version))}
      >
        {to < index ? (
          <ChevronLeft aria-hidden size={18} />
        ) : (
          <ChevronRight aria-hidden size={18} />
        )}
      </Button>
    );
  };
  return (
    <div className={styles.versions}>
      {step(index - 1, "Earlier")}
      <span className={text.hint} role="status">
        Portrait {index + 1} of {versions.length}
      </span>
      {step(index + 1, "Later")}
    </div>
  );
}

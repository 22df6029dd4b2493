import { Link } from "wouter";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { errorText } from "../api/errorText.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { dismissCreated, dismissProblem } from "./changeDrafts.ts";
import { lostText } from "./changeGeneration.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./Notices.module.css";
import { errorOf } from "./storedProblem.ts";

/** What happened to a generation or a creation earlier or in another tab, and what can be done now. */
export function Notices() {
  const { problem, lost, created, saved, cannotStore, generation, generate, change } = useDrafts();
  const again =
    lost && !generation ? () => generate(lost.request, { replaces: lost.replaces }) : undefined;
  const againText = lost?.arrived
    ? `Generate the missing ${lost.request.count}`
    : "Generate them again";
  return (
    <>
      {problem && (
        <ErrorMessage
          error={errorOf(problem)}
          {...(again &&
            lost?.arrived && { text: `${errorText(errorOf(problem))} ${lostText({ lost })}` })}
          {...(again && { onRetry: again, retryLabel: againText })}
          onDismiss={() => change(dismissProblem)}
        />
      )}
      {again && !problem && (
        <div className={styles.notice} role="status">
          <p>{lostText({ lost })}</p>
          <Button onClick={again}>{againText}</Button>
          <Button variant="quiet" onClick={() => change(dismissProblem)}>
            Dismiss
          </Button>
        </div>
      )}
      {created && !saved && (
        <div className={styles.notice} role="status">
          <p dir="auto">{createdText(created)}</p>
          <Link
            href={created.world_id ? `/worlds/${created.world_id}` : "/worlds"}
            className={buttonClass()}
          >
            {created.world_id ? "Open the world" : "Your worlds"}
          </Link>
          <Button variant="quiet" onClick={() => change(dismissCreated)}>
            Dismiss
          </Button>
        </div>
      )}
      {cannotStore && (
        <p className={styles.notice} role="status">
          This browser cannot store your drafts. Create the world before you leave this page.
        </p>
      )}
    </>
  );
}

function createdText({
  world_id,
  title,
  hasChanged,
}: NonNullable<ReturnType<typeof useDrafts>["created"]>): string {
  const name = title ? `“${title}”` : "Your world";
  if (!world_id)
    return `It is not known whether ${name} was created. Look at your worlds before you create it again.`;
  return hasChanged
    ? `${name} was created by your first attempt, without your changes since. They are still here.`
    : `${name} is created.`;
}

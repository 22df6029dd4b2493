import { CircleUserRound, LogOut, Trash2 } from "lucide-react";
import { useState } from "react";
import styles from "./AccountMenu.module.css";
import { EraseEverything } from "./erasures/EraseEverything.tsx";
import { useSession } from "./session/SessionProvider.tsx";
import { Button } from "./ui/Button.tsx";
import { classes } from "./ui/classes.ts";
import text from "./ui/text.module.css";

/** Who is signed in; signing out; deleting everything. */
export function AccountMenu() {
  const { name, signOut } = useSession();
  const [isErasing, setIsErasing] = useState(false);
  return (
    <>
      <Button variant="quiet" className={styles.button} popoverTarget="account">
        <CircleUserRound aria-hidden size={18} />
        <span className={styles.name}>{name}</span>
        <span className={text.visuallyHidden}>: your account</span>
      </Button>
      <div id="account" popover="auto" className={styles.menu}>
        <p className={styles.title}>
          Signed in as <strong>{name}</strong>
        </p>
        <button type="button" className={styles.item} onClick={signOut}>
          <LogOut aria-hidden size={16} /> Sign out
        </button>
        <button
          type="button"
          className={classes(styles.item, styles.danger)}
          popoverTarget="account"
          popoverTargetAction="hide"
          onClick={() => setIsErasing(true)}
        >
          <Trash2 aria-hidden size={16} /> Delete all my data…
        </button>
      </div>
      {isErasing && <EraseEverything onClose={() => setIsErasing(false)} />}
    </>
  );
}

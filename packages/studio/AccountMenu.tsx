import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import styles from "./AccountMenu.module.css";
import { useUploads } from "./images/UploadsProvider.tsx";
import { browserDataOf, isNothing } from "./session/browserData.ts";
import { useSession } from "./session/SessionProvider.tsx";
import { Button } from "./ui/Button.tsx";
import { CircleUserRound, LogOut } from "./ui/icons.tsx";
import { lazyPart } from "./ui/lazyPart.tsx";
import text from "./ui/text.module.css";

const SignOutDialog = lazyPart(
  async () => (await import("./session/SignOutDialog.tsx")).SignOutDialog,
);

/** Who is signed in, with the way to their page, and signing out. */
export function AccountMenu() {
  const { id, name, signOut } = useSession();
  const { files } = useUploads();
  const [location] = useLocation();
  const menu = useRef<HTMLDivElement>(null);
  const [isAsking, setIsAsking] = useState(false);
  const runningUploads = files.filter(({ status }) => status !== "published").length;
  const isOnYou = location === "/you";
  return (
    <>
      <Button
        variant="quiet"
        className={styles.button}
        popoverTarget="account"
        data-current={isOnYou || undefined}
      >
        <CircleUserRound aria-hidden size={18} />
        <span className={styles.name} dir="auto">
          {name}
        </span>
        <span className={text.visuallyHidden}>: your account</span>
      </Button>
      <div ref={menu} id="account" popover="auto" className={styles.menu}>
        <p className={styles.title}>
          Signed in as{" "}
          <strong>
            <bdi>{name}</bdi>
          </strong>
        </p>
        <Link
          href="/you"
          className={styles.item}
          aria-current={isOnYou ? "page" : undefined}
          onClick={() => menu.current?.hidePopover()}
        >
          <CircleUserRound aria-hidden size={16} /> You
        </Link>
        <button
          type="button"
          className={styles.item}
          popoverTarget="account"
          popoverTargetAction="hide"
          onClick={async () => {
            if (runningUploads > 0 || !isNothing(await browserDataOf(id))) setIsAsking(true);
            else signOut();
          }}
        >
          <LogOut aria-hidden size={16} /> Sign out
        </button>
      </div>
      {isAsking && (
        <SignOutDialog runningUploads={runningUploads} onClose={() => setIsAsking(false)} />
      )}
    </>
  );
}

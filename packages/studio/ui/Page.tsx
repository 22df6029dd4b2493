import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Page.module.css";

type Props = {
  title: string;
  /** What a person can do here, in a sentence. */
  lead?: ReactNode;
  /** Beside the title. */
  actions?: ReactNode;
  children: ReactNode;
};

let isFirst = true;

/** The frame of a page. When the title changes, its heading gets the focus, so that keyboard and screen reader start there. */
export function Page({ title, lead, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [title]);

  return (
    <main id="content" className={styles.page}>
      <title>{`${title} · Keepsake`}</title>
      <div className={styles.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </main>
  );
}

/** The frame while the page's data is loading. */
export const LoadingPage = () => <main id="content" className={styles.page} aria-busy />;

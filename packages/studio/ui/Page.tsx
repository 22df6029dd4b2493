import { type ReactNode, useEffect, useRef } from "react";
import { classes } from "./classes.ts";
import styles from "./Page.module.css";

type Props = {
  title: string;
  /** What a person can do here, in a sentence. */
  lead?: ReactNode;
  /** Beside the title. */
  actions?: ReactNode;
  /** It has the whole width of the window, and what is in it keeps its own distance from the sides. */
  isWide?: boolean | undefined;
  children: ReactNode;
};

let isFirst = true;

/** The frame of a page. When the title changes, its heading gets the focus, so that keyboard and screen reader start there. */
export function Page({ title, lead, actions, isWide, children }: Props) {
  return (
    <PageFrame isWide={isWide}>
      <div className={styles.head}>
        <div>
          <PageTitle title={title} />
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </PageFrame>
  );
}

/** Of a page with a head of its own, which has a `PageTitle`. */
export const PageFrame = ({ isWide, children }: Pick<Props, "isWide" | "children">) => (
  <main id="content" className={classes(styles.page, isWide && styles.wide)}>
    {children}
  </main>
);

type TitleProps = {
  title: string;
  /** When this changes, the heading gets the focus; by default the title. */
  page?: string;
  className?: string | undefined;
};

/** The heading of a page and the title of its tab. */
export function PageTitle({ title, page = title, className }: TitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [page]);
  return (
    <>
      <title>{`${title} · Keepsake`}</title>
      <h1 ref={heading} tabIndex={-1} dir="auto" className={className}>
        {title}
      </h1>
    </>
  );
}

/** The frame while the page's data is loading. */
export const LoadingPage = () => <main id="content" className={styles.page} aria-busy />;

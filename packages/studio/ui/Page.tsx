import { type ReactNode, useEffect, useRef } from "react";

type Props = {
  title: string;
  /** What a person can do here, in a sentence. */
  lead?: ReactNode;
  /** Beside the title. */
  actions?: ReactNode;
  children: ReactNode;
};

let isFirst = true;

/** A section's frame. Under another title the keyboard and screen readers begin there. */
export function Page({ title, lead, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [title]);

  return (
    <main id="content" className="page">
      <title>{`${title} · Keepsake`}</title>
      <div className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </main>
  );
}

import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { AccountMenu } from "./AccountMenu.tsx";
import { Brand } from "./Brand.tsx";
import styles from "./Shell.module.css";
import { preloadSection } from "./sections.tsx";
import { useSession } from "./session/SessionProvider.tsx";
import { Globe, Images, Layers, Send, WandSparkles } from "./ui/icons.tsx";

const sections = [
  { path: "/", label: "Create", Icon: WandSparkles },
  { path: "/worlds", label: "Worlds", Icon: Globe },
  { path: "/images", label: "Images", Icon: Images },
  { path: "/datasets", label: "Datasets", Icon: Layers },
  { path: "/telegram", label: "Telegram", Icon: Send },
];

/** The frame of every section: navigation and the account. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const { settings } = useSession();
  const shown = sections.filter(({ path }) => path !== "/telegram" || !settings.no_bot);
  return (
    <>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link href="/" className={styles.home}>
          <Brand />
        </Link>
        <nav aria-label="Sections" className={styles.sections}>
          {shown.map(({ path, label, Icon }) => (
            <Link
              key={path}
              href={path}
              aria-current={isIn(location, path) ? "page" : undefined}
              onPointerEnter={() => preloadSection(path)}
              onFocus={() => preloadSection(path)}
            >
              <Icon aria-hidden size={18} />
              {label}
            </Link>
          ))}
        </nav>
        <AccountMenu />
      </header>
      {children}
    </>
  );
}

const isIn = (location: string, path: string) =>
  path === "/" ? location === "/" : location.startsWith(path);

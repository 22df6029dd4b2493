import "./shell.css";
import { CircleUserRound, Globe, Images, LogOut, Send, Trash2, WandSparkles } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { Brand } from "./Brand.tsx";
import { EraseEverything } from "./erasures/EraseEverything.tsx";
import { useSession } from "./session/SessionProvider.tsx";

const sections = [
  { path: "/", label: "Create", Icon: WandSparkles },
  { path: "/worlds", label: "Worlds", Icon: Globe },
  { path: "/images", label: "Images", Icon: Images },
  { path: "/telegram", label: "Telegram", Icon: Send },
];

/** What surrounds every section: the way to the others, and who is here. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="shell-header">
        <Link href="/" className="shell-home">
          <Brand />
        </Link>
        <nav aria-label="Sections" className="shell-nav">
          {sections.map(({ path, label, Icon }) => (
            <Link key={path} href={path} aria-current={isIn(location, path) ? "page" : undefined}>
              <Icon aria-hidden size={18} />
              {label}
            </Link>
          ))}
        </nav>
        <Account />
      </header>
      {children}
    </>
  );
}

function Account() {
  const { name, leave } = useSession();
  const [erasing, setErasing] = useState(false);
  return (
    <>
      <button type="button" className="button quiet shell-account" popoverTarget="account">
        <CircleUserRound aria-hidden size={18} />
        <span className="shell-name">{name}</span>
        <span className="visually-hidden">: your account</span>
      </button>
      <div id="account" popover="auto" className="menu">
        <p className="menu-title">
          Signed in as <strong>{name}</strong>
        </p>
        <button type="button" className="menu-item" onClick={leave}>
          <LogOut aria-hidden size={16} /> Sign out
        </button>
        <button
          type="button"
          className="menu-item danger"
          popoverTarget="account"
          popoverTargetAction="hide"
          onClick={() => setErasing(true)}
        >
          <Trash2 aria-hidden size={16} /> Delete everything of mine…
        </button>
      </div>
      {erasing && <EraseEverything onClose={() => setErasing(false)} />}
    </>
  );
}

const isIn = (location: string, path: string) =>
  path === "/" ? location === "/" : location.startsWith(path);

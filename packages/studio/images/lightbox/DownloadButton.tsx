import { type ReactNode, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { fileName, saveFile } from "../savedFile.ts";

type Props = { url: string; name: string; content_type: string | null; children: ReactNode };

/** Saves a file under its name: a link to another origin would open it, and name it after its address. */
export function DownloadButton({ url, name, content_type, children }: Props) {
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  return (
    <Button
      size="small"
      aria-disabled={state === "loading"}
      onClick={async () => {
        if (state === "loading") return;
        setState("loading");
        try {
          const response = await fetch(url, { cache: "reload" }); // what an <img> loaded may lack the headers of CORS
          if (!response.ok) throw new Error(`${response.status}`);
          saveFile(await response.blob(), fileName(name, content_type));
          setState("idle");
        } catch {
          setState("failed");
        }
      }}
    >
      <span role="status" hidden={state === "idle"}>
        {state === "loading" ? "Downloading…" : "Not downloaded: try again"}
      </span>
      {state === "idle" && children}
    </Button>
  );
}

import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useRef, useState } from "react";
import { useSession } from "../../../session/SessionProvider.tsx";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { pluralize } from "../../../ui/format.ts";
import { saveFile } from "../../savedFile.ts";
import { FailedImages } from "./FailedImages.tsx";
import type { FailedImage } from "./forEachImage.ts";
import { Progress } from "./Progress.tsx";
import { zipOfImages } from "./zipOfImages.ts";
import type { ZipTarget } from "./zipTarget.ts";

type Props = { images: Image[]; target: ZipTarget; onClose(): void };

/** Downloads the originals of images as one zip, which is made in the browser. */
export function DownloadImages({ images, target, onClose }: Props) {
  const { client } = useSession();
  const controller = useRef<AbortController>(undefined);
  const [finished, setFinished] = useState(0);
  const [failed, setFailed] = useState<FailedImage[]>([]);
  const [state, setState] = useState<"running" | "done" | "failed">("running");

  const start = async () => {
    controller.current?.abort();
    controller.current = new AbortController();
    const { signal } = controller.current;
    setState("running");
    setFailed([]);
    const zip = zipOfImages(client, images, {
      signal,
      onProgress: setFinished,
      onFailed: (image) => setFailed((before) => [...before, image]),
    });
    try {
      if (target.file) await zip.pipeTo(await target.file.createWritable(), { signal });
      else saveFile(await new Response(zip).blob(), target.name);
      setState("done");
    } catch {
      if (!signal.aborted) setState("failed");
    }
  };
  useEffect(() => {
    void start();
    return () => controller.current?.abort();
  }, []);

  if (state === "running")
    return (
      <Dialog
        title="Downloading"
        onClose={onClose}
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        <Progress label="Added to the zip" finished={finished} count={images.length} />
      </Dialog>
    );
  return (
    <Dialog
      title={state === "done" ? "Downloaded" : "Not downloaded"}
      onClose={onClose}
      actions={
        <>
          {(state === "failed" || failed.length > 0) && <Button onClick={start}>Try again</Button>}
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      {state === "failed" ? (
        <p role="alert">The zip could not be written. Check the space on your device.</p>
      ) : (
        <p role="status">
          {pluralize(images.length - failed.length, "image")} in{" "}
          <span dir="auto">{target.name}</span>
        </p>
      )}
      {failed.length > 0 && (
        <>
          <p>The zip is without these. Check your connection, then try again.</p>
          <FailedImages failed={failed} />
        </>
      )}
    </Dialog>
  );
}

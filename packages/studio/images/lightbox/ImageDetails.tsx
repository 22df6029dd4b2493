import type { Image } from "@keepsake/contract/schemas";
import { Button, buttonClass } from "../../ui/Button.tsx";
import { DescriptionList } from "../../ui/DescriptionList.tsx";
import { Download, ExternalLink, Trash2 } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { CopyAs } from "../copying/CopyAs.tsx";
import { imageName } from "../imageNames.ts";
import { DownloadButton } from "./DownloadButton.tsx";
import styles from "./ImageDetails.module.css";
import { imageFacts } from "./imageFacts.tsx";
import { TagsField } from "./TagsField.tsx";
import { TextField } from "./TextField.tsx";
import { urlExpiry } from "./urlExpiry.ts";
import { useTextStore } from "./useImageTexts.ts";

type Props = { image: Image; onDelete(): void };

/** What is said about an image, to be edited; what can be done with it; and its properties. */
export function ImageDetails({ image, onDelete }: Props) {
  const store = useTextStore();
  const { url, sha256, visibility } = image;
  const fields = { image, store };
  return (
    <section className={styles.details} aria-label="Details">
      <div className={styles.fields}>
        <TextField {...fields} field="alt" rows={2} />
        <TextField {...fields} field="caption" rows={2} />
        <TagsField {...fields} />
        <TextField {...fields} field="filename" />
      </div>
      {url && (
        <div className={styles.actions}>
          <CopyAs image={image} />
          {visibility === "private" && (
            <p className={text.hint}>
              It is private: this address works until {timeOf(url)}, for everyone who has it.
            </p>
          )}
          <div className={styles.row}>
            <DownloadButton url={url} name={imageName(image)} content_type={image.content_type}>
              <Download aria-hidden size={16} /> Download
            </DownloadButton>
            <a
              className={buttonClass({ size: "small" })}
              href={url}
              target="_blank"
              rel="noreferrer"
            >
              <ExternalLink aria-hidden size={16} /> Open in a new tab
            </a>
          </div>
        </div>
      )}
      <DescriptionList items={imageFacts(image)} />
      {sha256 && (
        <details className={styles.more}>
          <summary>SHA-256 and id</summary>
          <DescriptionList
            stacked
            items={{ "SHA-256": <code>{sha256}</code>, Id: <code>{image.image_id}</code> }}
          />
        </details>
      )}
      <Button variant="quiet" size="small" className={styles.delete} onClick={onDelete}>
        <Trash2 aria-hidden size={16} /> Delete…
      </Button>
    </section>
  );
}

const times = new Intl.DateTimeFormat("en", { timeStyle: "short" });

const timeOf = (url: string) => times.format(urlExpiry(url) ?? Date.now());

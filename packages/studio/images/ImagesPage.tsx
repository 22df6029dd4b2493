import { Page } from "../ui/Page.tsx";
import { Gallery } from "./gallery/Gallery.tsx";
import styles from "./ImagesPage.module.css";
import { UploadPanel } from "./UploadPanel.tsx";

/** The gallery, with one image open when the address names it. */
export function ImagesPage() {
  return (
    <Page title="Images" isWide>
      <div className={styles.uploads}>
        <UploadPanel />
      </div>
      <Gallery />
    </Page>
  );
}

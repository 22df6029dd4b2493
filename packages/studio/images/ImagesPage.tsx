import { Page } from "../ui/Page.tsx";
import { Gallery } from "./Gallery.tsx";
import { UploadPanel } from "./UploadPanel.tsx";

export function ImagesPage() {
  return (
    <Page
      title="Images"
      lead="Every picture you upload is checked, stripped of hidden data, and stored at an address that never changes."
    >
      <UploadPanel />
      <Gallery />
    </Page>
  );
}

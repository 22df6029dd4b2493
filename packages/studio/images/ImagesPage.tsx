import { Page } from "../ui/Page.tsx";
import { Gallery } from "./Gallery.tsx";
import { UploadPanel } from "./UploadPanel.tsx";

export function ImagesPage() {
  return (
    <Page
      title="Images"
      lead="Every picture you bring here is checked, cleaned of hidden data, and kept behind an address that never changes."
    >
      <UploadPanel />
      <Gallery />
    </Page>
  );
}

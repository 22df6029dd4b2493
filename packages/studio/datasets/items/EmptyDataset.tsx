import { EmptyState } from "../../ui/EmptyState.tsx";

/** In place of the items of a dataset that has none. */
export const EmptyDataset = () => (
  <EmptyState title="No images yet">
    <p>
      Add some of your images, or upload new ones. 10 to 30 pictures that show one thing from many
      sides are a good beginning.
    </p>
  </EmptyState>
);

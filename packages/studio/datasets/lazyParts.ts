// what other rooms load only when it is shown, in one chunk
export { AddToDataset } from "./adding/AddToDataset.tsx";
export { saveAllCaptions } from "./captions/useCaptions.ts";
export { DatasetsSection } from "./DatasetsSection.tsx";

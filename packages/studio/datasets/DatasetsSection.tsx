import { Route, Switch } from "wouter";
import { GoneCaptions } from "./captions/GoneCaptions.tsx";
import { useResumedCaptions } from "./captions/useCaptions.ts";
import { DatasetPage } from "./DatasetPage.tsx";
import { DatasetsPage } from "./DatasetsPage.tsx";

/** The pages under `/datasets`, in a chunk of their own. */
export function DatasetsSection() {
  useResumedCaptions();
  return (
    <>
      <GoneCaptions />
      <Switch>
        <Route path="/datasets" component={DatasetsPage} />
        <Route path="/datasets/:dataset_id/:tab?">
          {({ dataset_id, tab }) => (
            <DatasetPage
              key={dataset_id}
              dataset_id={dataset_id}
              tab={tab === "export" ? "export" : "images"}
            />
          )}
        </Route>
      </Switch>
    </>
  );
}

import { answer, notFound } from "./reference/compressedFileResponse.ts";
import { errorsPage } from "./reference/errorsPage.ts";
import { viewer } from "./reference/readViewerScript.ts";
import { referencePage } from "./reference/referencePage.ts";
import { httpMiddleware } from "./runtime/httpMiddleware.ts";

/** `GET /docs`: the reference of the API for a browser, `/docs/errors`, and the script that draws the reference. */
export const handler = httpMiddleware("docs").handler(async ({ pathParameters, headers }) => {
  const { file } = pathParameters ?? {};
  const script = viewer();
  if (file === undefined) return answer(referencePage(script), headers);
  if (file === "errors") return answer(errorsPage(), headers);
  if (script && file === script.name) return answer(script.file, headers);
  throw notFound(file);
});

import { routes } from "@keepsake/contract/routes";
import { type File, page } from "./compressedFileResponse.ts";
import { escapeHtml, htmlDocument, policy } from "./htmlDocument.ts";

/**
 * The page that draws the OpenAPI document with Scalar. Scripts are this origin's files only, and so are requests:
 * what the page sends to try an operation goes to this API. Scalar writes styles into the page, which differ with
 * what is shown. Without the viewer, the page says what is missing.
 */
export function referencePage(viewer: { name: string } | undefined): File {
  if (!viewer) return page(htmlDocument(title, "", missing), policy("img-src data:"), 503);
  const body = `<noscript>${noScript}</noscript>
<script id="api-reference" data-configuration="${escapeHtml(JSON.stringify(configuration))}"></script>
<script src="/docs/${viewer.name}"></script>`;
  return page(
    htmlDocument(title, "", body),
    policy(
      "script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'",
    ),
  );
}

const title = "Keepsake API";

/** Colours of Scalar that are too pale to read on its backgrounds, made darker. */
const customCss = `.light-mode {
--scalar-color-2: #595959; --scalar-color-3: #636363; --scalar-sidebar-color-2: #595959;
--scalar-sidebar-search-color: #636363; --scalar-color-green: #00643f; --scalar-color-blue: #005a94;
--scalar-color-orange: #9a3700; --scalar-color-red: #b3000a; --scalar-color-yellow: #6f5300;
}
.dark-mode { --scalar-color-3: #a0a0a0; --scalar-color-red: #ff7070; --scalar-sidebar-search-color: #a0a0a0; }`;

/** Switches off what would send a request to another origin: fonts, usage statistics, and services of Scalar. */
const configuration = {
  url: routes.openapi.path,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  customCss,
};

const documents = `<a href="${routes.openapi.path}">the OpenAPI document</a> and <a href="/docs/errors">every error</a>`;

const noScript = `<p>This page needs JavaScript. Without it, read ${documents}.</p>`;

const missing = `<main>
<h1>The reference is not installed</h1>
<p>The script that draws this page, Scalar, is fetched from the npm registry by <code>npm ci</code> and
<code>npm start</code>, and the registry could not be reached then. Run <code>npm run docs-viewer</code> on this
machine when it can be reached. Then reload this page; a deployed one needs a deployment.</p>
<p>Everything else works. These pages need no script: ${documents}.</p>
</main>`;

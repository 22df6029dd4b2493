import type { Mutant } from "./mutant.ts";

const pages = "test/reference/docsPages.test.ts";
const files = "functions/reference/compressedFileResponse.ts";

/** The pages at /docs, the script that they run, and what refusals say. */
export const reference: Mutant[] = [
  {
    name: "any package of the registry is run at /docs",
    by: "test/reference/installScalarViewer.test.ts > byte for byte",
    file: "functions/reference/installScalarViewer.mjs",
    find: "if (hash !== integrity) throw",
    replace: "if (hash === undefined) throw",
  },
  {
    name: "/docs runs inline scripts",
    by: `${pages} > with a policy of its own origin`,
    file: "functions/reference/referencePage.ts",
    find: "script-src 'self'; connect",
    replace: "script-src 'self' 'unsafe-inline'; connect",
  },
  {
    name: "/docs loads fonts of another origin",
    by: "test/reference/docsInBrowser.test.ts > without another origin",
    file: "functions/reference/referencePage.ts",
    find: "withDefaultFonts: false",
    replace: "withDefaultFonts: true",
  },
  {
    name: "a browser that takes no gzip gets it",
    by: `${pages} > in 1 MB of gzip`,
    file: files,
    find: 'const isCompressed = acceptsGzip(sent["accept-encoding"]);',
    replace: "const isCompressed = true;",
  },
  {
    name: "a browser that has another page gets 304",
    by: `${pages} > 304 to a browser that has it`,
    file: files,
    find: '["*", etag].includes(',
    replace: "Boolean(",
  },
  {
    name: "a page at /docs may be sniffed as another type",
    by: `${pages} > with a policy of its own origin`,
    file: files,
    find: '  "x-content-type-options": "nosniff",\n',
    replace: "",
  },
  {
    name: "a refusal of a picture does not name its image",
    by: "test/api/createImage.test.ts > is named in the answer",
    file: "packages/core/sentImages/createImage.ts",
    find: "{ details: { image_id }, cause }",
    replace: "{ cause }",
  },
  {
    name: "a URL with a port is said to be on another host",
    by: "test/api/rehostUrls.test.ts > with the reason and what to do",
    file: "packages/core/rehosts/allowedUrls.ts",
    find: '  if (url.port !== "" || anyPort.test(text)) return "has a port";\n',
    replace: "",
  },
];

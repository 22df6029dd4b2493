import { createElement } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { App, clientOf, type PageOptions } from "./testPage.tsx";
import { uploadFrom } from "./withoutReact.ts";

/** What a test calls in the page. */
const page = {
  /** Renders the page; `unmount` removes it. */
  render(options: PageOptions) {
    if (options.shows === "withoutReact") return renderWithoutReact(options);
    const root = createRoot(document.body.appendChild(document.createElement("div")));
    root.render(createElement(App, { client: clientOf(options), options }));
    page.unmount = () => root.unmount();
  },
  /** Takes over what the server rendered. */
  hydrate(options: PageOptions) {
    hydrateRoot(
      document.getElementById("root")!,
      createElement(App, { client: clientOf(options), options }),
    );
  },
  unmount() {},
};

function renderWithoutReact(options: PageOptions) {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: true });
  const output = document.createElement("p");
  document.body.append(input, output);
  uploadFrom(input, output, clientOf(options));
}

Object.assign(window, { reactPage: page });

declare global {
  interface Window {
    reactPage: typeof page;
  }
}

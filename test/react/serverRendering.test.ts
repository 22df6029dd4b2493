import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect } from "vitest";
import { App, clientOf, type PageOptions } from "./pages/testPage.tsx";
import { choose, gallery, patience, pictures, test } from "./support/reactPage.ts";

describe("a page that is rendered on a server", () => {
  test("has a dropzone before any script runs, and asks nothing of the API there", ({ stack }) => {
    expect(typeof window).toBe("undefined");
    const html = render({ api: stack.api, token: "none" });
    expect(html).toContain("Choose pictures");
    expect(html).toContain('data-status="loading"');
    expect(render({ api: stack.api, token: "none", world_id: "1" })).toContain("loading");
  });

  test("is taken over by the browser without a warning, and uploads", async ({ stack, open }) => {
    const html = render({ api: stack.api, token: "none" });
    const { page, requests } = await open({ html });
    await choose(page, await pictures(2));
    await page.getByText("2 files uploaded", { exact: true }).waitFor(patience);
    await expect.poll(() => gallery(page).getByRole("img").count()).toBe(2);
    expect(requests.filter((request) => request.startsWith("GET"))).toHaveLength(1);
  });
});

const render = (options: PageOptions) =>
  renderToString(createElement(App, { client: clientOf(options), options }));

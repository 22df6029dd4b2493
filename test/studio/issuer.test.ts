import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { testWithIssuer as test } from "../support/studio.ts";

test("a person signs in with code and PKCE, returns to the same page, and signs out in every tab", async ({
  open,
  studio,
}) => {
  const { origin } = studio;
  const name = `Mira ${randomUUID()}`;
  const page = await open(`${origin}/worlds?from=a-link`, { sub: null });
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await page.getByRole("textbox").fill(name);
  await page.getByRole("button").click();

  await page.getByText("No worlds yet").waitFor();
  expect(page.url()).toBe(`${origin}/worlds?from=a-link`);
  await page.reload();
  const [other] = await Promise.all([
    page.waitForEvent("popup"), // a tab that is opened from this one starts with its sign-in
    page.evaluate(() => void window.open("/worlds")),
  ]);
  await other.getByText("No worlds yet").waitFor();
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  await other.reload();
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  await other.close();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.waitForURL(`${origin}/`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await page.getByRole("textbox").waitFor(); // the issuer asks for the name again
  await page.goto(origin);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("access_token");
});

test("a made-up code is rejected, and signing in still works", async ({ open, studio }) => {
  const page = await open(`${studio.origin}/?code=made-up&state=made-up`, { sub: null });
  await page.getByRole("alert").waitFor();
  expect(page.url()).toBe(`${studio.origin}/`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
});

test("an unreachable issuer is reported", async ({ open, studio }) => {
  const page = await open(`${studio.origin}/`, { sub: null });
  await page.route(`${studio.oidc!.issuer}/**`, (route) => route.abort());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("does not answer").waitFor();
});

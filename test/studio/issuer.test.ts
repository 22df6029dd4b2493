import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { testWithIssuer as test } from "../support/studio.ts";

test("somebody signs in with code and PKCE, comes back where they were, and signs out", async ({
  open,
  studio,
}) => {
  const { origin } = studio;
  const name = `Mira ${randomUUID()}`;
  const page = await open(`${origin}/worlds`, { sub: null });
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await page.getByRole("textbox").fill(name);
  await page.getByRole("button").click();

  await page.getByText("No worlds yet").waitFor();
  expect(page.url()).toBe(`${origin}/worlds`);
  await page.reload();
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await page.getByRole("button", { name: "Yes" }).click();
  await page.waitForURL(`${origin}/`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
  await page.getByRole("textbox").waitFor(); // asked again who they are
  await page.goto(origin);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("access_token");
});

test("a code that was made up is refused, and the door stays open", async ({ open, studio }) => {
  const page = await open(`${studio.origin}/?code=made-up&state=made-up`, { sub: null });
  await page.getByRole("alert").waitFor();
  expect(page.url()).toBe(`${studio.origin}/`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${studio.oidc!.issuer}/**`);
});

test("an issuer that is away is said in words", async ({ open, studio }) => {
  const page = await open(`${studio.origin}/`, { sub: null });
  await page.route(`${studio.oidc!.issuer}/**`, (route) => route.abort());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("does not answer").waitFor();
});

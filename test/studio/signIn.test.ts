import { expect } from "vitest";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

test("a person signs in, stays signed in after a reload, and signs out", async ({
  open,
  owner,
}) => {
  const page = await open("/images", { sub: null });
  await page.getByLabel("Your name").fill(owner.sub);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Images" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: owner.sub }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Your name").waitFor();
  await page.reload();
  await page.getByLabel("Your name").waitFor();
});

test("sign-in requires a name, and shows an error when the API cannot be reached", async ({
  open,
  studio,
}) => {
  const page = await open("/", { sub: null });
  await page.getByLabel("Your name").fill("  ");
  await page.getByRole("button", { name: "Sign in" }).click();
  expect(await page.getByLabel("Your name").evaluate((input) => input.matches(":invalid"))).toBe(
    true,
  );
  await page.route("**/sign-in", (route) => route.abort());
  await page.getByLabel("Your name").fill("Mira");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("Keepsake does not answer").waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
  expect(page.url()).toBe(`${studio.origin}/`);
});

test("an expired token leads back to the sign-in page", async ({ open, studio }) => {
  const page = await open("/");
  await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
  await page.route(`${studio.stack.api}/worlds**`, (route) =>
    route.fulfill({
      status: 401,
      headers: { "access-control-allow-origin": studio.origin },
      json: { message: "Unauthorized" },
    }),
  );
  await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
  await page.getByText("Your session ended. Sign in again.").waitFor();
});

test("a token is replaced before it expires, without signing in again", async ({ open }) => {
  const page = await open("/images");
  let requested = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/sign-in")) requested += 1;
  });
  await page.clock.setSystemTime(Date.now() + 3_550_000);
  await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
  await page.getByText("No worlds yet").waitFor();
  expect(requested).toBe(1);
});

test("the sign-in page passes axe", async ({ open }) => {
  const page = await open("/", { sub: null });
  await page.getByLabel("Your name").waitFor();
  await expectAccessibleEverywhere(page);
});

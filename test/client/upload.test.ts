import { describe, expect } from "vitest";
import { fileOf } from "../support/files.ts";
import { png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

/** Another `fetch` for the PUT only: what the line to R2 may do to a file. */
function line(...faults: ((send: () => Promise<Response>) => Promise<Response>)[]) {
  let sent = 0;
  const flaky: typeof fetch = (url, init) => {
    const fault = faults[sent++];
    const send = () => fetch(url, init);
    return fault ? fault(send) : send();
  };
  return { fetch: flaky, sent: () => sent };
}
const broken = () => Promise.reject(new TypeError("fetch failed"));
const lostAnswer = async (send: () => Promise<Response>) => {
  await send();
  throw new TypeError("fetch failed");
};
const answers = (status: number) => async () => new Response("", { status });

describe("client.upload", () => {
  test("sends again when the line breaks or R2 is busy", async ({ owner: { client } }) => {
    const flaky = line(broken, answers(503), answers(429));
    const image = await client.upload(fileOf(await png(32, "#111213")), { fetch: flaky.fetch });
    expect(image.status).toBe("published");
    expect(flaky.sent()).toBe(4);
  });

  test("takes 412 after a lost answer for what it is: received", async ({ owner: { client } }) => {
    const flaky = line(lostAnswer);
    const image = await client.upload(fileOf(await png(32, "#121314")), { fetch: flaky.fetch });
    expect(image.status).toBe("published");
    expect(flaky.sent()).toBe(2);
  });

  test("gives up after four attempts, and says that trying again may help", async ({ owner }) => {
    const flaky = line(broken, broken, broken, broken);
    const attempt = owner.client.upload(fileOf(await png(32, "#131415")), { fetch: flaky.fetch });
    await expect(attempt).rejects.toMatchObject({ code: "service.unavailable" });
    expect(flaky.sent()).toBe(4);
  });

  test("does not repeat what is refused", async ({ owner: { client } }) => {
    const flaky = line(answers(400));
    const attempt = client.upload(fileOf(await png(32, "#141516")), { fetch: flaky.fetch });
    await expect(attempt).rejects.toMatchObject({ code: "upload.refused" });
    expect(flaky.sent()).toBe(1);
  });

  test("asks for another URL once when the first has expired", async ({ owner }) => {
    const { client } = owner;
    const tickets: string[] = [];
    const impatient = {
      ...client,
      async presignUpload(...args: Parameters<typeof client.presignUpload>) {
        const ticket = await client.presignUpload(...args);
        tickets.push(ticket.upload_id);
        const isFirst = tickets.length === 1;
        return isFirst ? { ...ticket, url_expires_at: new Date(0).toISOString() } : ticket;
      },
    };
    const flaky = line(answers(403));
    const { upload } = await import("@keepsake/client/upload");

    const file = fileOf(await png(32, "#151617"));
    const image = await upload(impatient, file, { fetch: flaky.fetch });

    expect(image.image_id).toBe(tickets[1]);
    expect(flaky.sent()).toBe(2);
  });

  test("stops at once when it is aborted", async ({ owner: { client } }) => {
    const abort = new AbortController();
    const flaky = line(broken, async () => {
      abort.abort();
      throw new TypeError("fetch failed");
    });
    const file = fileOf(await png(32, "#161718"));
    const attempt = client.upload(file, { fetch: flaky.fetch, signal: abort.signal });
    await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
    expect(flaky.sent()).toBe(2);
    expect((await client.listImages()).images).toEqual([]);
  });

  test("tells its progress to the end", async ({ owner: { client } }) => {
    const file = fileOf(await png(32, "#171819"));
    const progress: unknown[] = [];
    await client.upload(file, { onProgress: (now) => progress.push(now) });
    expect(progress.at(-1)).toEqual({ loaded: file.size, total: file.size });
  });
});

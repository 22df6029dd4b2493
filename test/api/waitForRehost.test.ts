import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { requestRehost } from "@keepsake/core/rehosts/requestRehost";
import { invoke } from "@keepsake/local/aws/lambda";
import { describe, expect, vi } from "vitest";
import { noisePng } from "../support/images.ts";
import { deliver, newOwner, request, type TestStack } from "../support/stack.ts";
import { test } from "../support/stackWithImageHosts.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const urlSource = (url: string) => ({ platform: "url" as const, url });

describe("POST /rehosts?wait", () => {
  test.for(["?wait", "?wait=", "?wait=true"])(
    "answers 200 with the published image: %s",
    async (query, { stack, owner: { sub }, host, expect }) => {
      const bytes = await noisePng(32);
      host.answer = (_, response) => response.end(bytes);
      const body = { source: urlSource(host.url()) };
      const answer = await request(stack, "POST", `/rehosts${query}`, { sub, body });
      expect(answer).toMatchObject({ status: 200, body: { image: { status: "published" } } });
      expect(bytes.equals(await bytesAt(answer.body.image.url))).toBe(true);
    },
  );

  test("answers 202 at once with wait=false, and refuses every other value", async ({
    stack,
    owner: { sub },
    host,
  }) => {
    const body = { source: urlSource(host.url()) };
    const send = (query: string) => request(stack, "POST", `/rehosts${query}`, { sub, body });
    expect(await send("?wait=false")).toMatchObject({ status: 202 });
    expect(await send("?wait=soon")).toMatchObject({ status: 422 });
  });

  test("publishes an attachment of Discord's, privately if asked, through the typed client", async ({
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    host.answer = (_, response) => response.end(bytes);
    const url = `${host.origin}/attachments/3/4/cat.png?ex=1&is=2&hm=3`;
    const source = { platform: "discord" as const, url };
    const { image } = await client.rehostImage({ source, visibility: "private", wait: true });
    expect(image).toMatchObject({ status: "published", visibility: "private" });
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
  });

  test("queues a message that comes 40 s later and finds nothing to do", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    let requests = 0;
    host.answer = (_, response) => {
      requests += 1;
      response.end(bytes);
    };
    const before = await delayed(stack);
    const { image } = await client.rehostImage({ source: urlSource(host.url()), wait: true });
    expect(await delayed(stack)).toBe(before + 1);
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
    expect(requests).toBe(1);
    expect(await attempts(stack, image)).toBe(1);
  });

  test("is an error when the image can never be published, each time, until another URL comes", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const answers: [string, () => void][] = [
      ["source.gone", () => setStatus(404)],
      ["source.too_large", () => setBody(Buffer.alloc(20_000_001))],
      ["image.unsupported", () => setBody(Buffer.from("<svg/>".repeat(99)))],
    ];
    for (const [code, provoke] of answers) {
      provoke();
      const url = host.url();
      const first = await client
        .rehostImage({ source: urlSource(url), wait: true })
        .catch((e) => e);
      expect(first).toMatchObject({ code, details: { image_id: expect.any(String) } });
      const { image } = await client.getImage(first.details);
      expect([image.status, image.error]).toEqual(["rejected", first.message]);
      const again = client.rehostImage({ source: urlSource(url), wait: true });
      await expect(again).rejects.toMatchObject({ code, details: first.details });
    }
    const bytes = await noisePng(32);
    setBody(bytes);
    const source = urlSource(host.url());
    expect((await client.rehostImage({ source, wait: true })).image.status).toBe("published");
    expect((await client.listImages()).images).toHaveLength(4);
    expect(await deliver(stack, "RehostQueue", (await client.listImages()).images)).toEqual([]);

    function setStatus(status: number) {
      host.answer = (_, response) => response.writeHead(status).end();
    }
    function setBody(body: Buffer) {
      host.answer = (_, response) => response.end(body);
    }
  });

  test("answers 202 with the reason when the host fails for now, and the message finishes the image", async ({
    stack,
    owner: { sub, client },
    host,
  }) => {
    const bytes = await noisePng(32);
    host.answer = (_, response) => response.writeHead(500).end();
    const body = { source: urlSource(host.url()) };
    const { status, body: answer } = await request(stack, "POST", "/rehosts?wait", { sub, body });
    expect([status, answer.image.status, answer.image.error]).toEqual([
      202,
      "pending",
      expect.stringMatching(/It is tried again/),
    ]);
    host.answer = (_, response) => response.end(bytes);
    expect(await deliver(stack, "RehostQueue", [answer.image])).toEqual([]);
    expect((await client.getImage(answer.image)).image.status).toBe("published");
    expect(await attempts(stack, answer.image)).toBe(2);
  });

  test("and a consumer never work on the same image", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    let requests = 0;
    host.answer = async (_, response) => {
      requests += 1;
      asked.resolve();
      await answer.promise;
      response.end(bytes);
    };
    const source = urlSource(host.url());
    const waiting = client.rehostImage({ source, wait: true });
    await asked.promise;
    const [pending] = (await client.listImages()).images;
    // its message, as of an earlier request without ?wait, is delivered again later
    expect(await deliver(stack, "RehostQueue", [pending!])).toEqual([0]);
    // a second request is answered at once
    expect((await client.rehostImage({ source, wait: true })).image).toEqual(pending);
    answer.resolve();
    expect((await waiting).image.status).toBe("published");
    expect(requests).toBe(1);
  });

  test("works on ten images of an owner at once, and answers 202 for others", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const answer = Promise.withResolvers<void>();
    const bytes = await noisePng(32);
    let requests = 0;
    host.answer = async (_, response) => {
      requests += 1;
      await answer.promise;
      response.end(bytes);
    };
    const rehost = async (as = client) =>
      (await as.rehostImage({ source: urlSource(host.url()), wait: true })).image;
    const sent = Array.from({ length: 13 }, () => rehost());
    const early = new Set([await Promise.race(sent)]);
    for (const image of sent) image.then((done) => early.add(done));
    await vi.waitFor(() => expect([requests, early.size]).toEqual([10, 3]), 5_000);
    const other = rehost(newOwner(stack).client);
    await vi.waitFor(() => expect(requests).toBe(11), 5_000);
    answer.resolve();
    const images = await Promise.all([...sent, other]);
    expect(images.filter(({ status }) => status === "published")).toHaveLength(11);
    expect([...early].slice(0, 3).map(({ status }) => status)).toEqual(Array(3).fill("pending"));
    const again = await client.rehostImage({ source: urlSource(host.url()), wait: true });
    expect(again.image.status).toBe("published");
  });

  test("answers at once when an attempt has failed a moment ago", async ({
    owner: { client },
    host,
  }) => {
    host.answer = (_, response) => response.writeHead(500).end();
    const source = urlSource(host.url());
    const { image } = await client.rehostImage({ source, wait: true });
    const started = performance.now();
    expect((await client.rehostImage({ source, wait: true })).image).toEqual(image);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test("is an error when the image is deleted meanwhile", async ({ owner: { client }, host }) => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const bytes = await noisePng(32);
    host.answer = async (_, response) => {
      asked.resolve();
      await answer.promise;
      response.end(bytes);
    };
    const waiting = client
      .rehostImage({ source: urlSource(host.url()), wait: true })
      .catch((error) => error);
    await asked.promise;
    await client.deleteImage((await client.listImages()).images[0]!);
    answer.resolve();
    expect(await waiting).toMatchObject({ code: "image.not_found" });
  });

  test("waits for a consumer that works on the image already", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    let requests = 0;
    host.answer = (_, response) => {
      requests += 1;
      setTimeout(() => response.end(bytes), 700);
    };
    const source = urlSource(host.url());
    const { image } = await client.rehostImage({ source });
    const consumed = deliver(stack, "RehostQueue", [image]);
    await sleep(200);
    const done = await client.rehostImage({ source, wait: true });
    expect([done.image.status, requests]).toEqual(["published", 1]);
    expect(await consumed).toEqual([]);
  });

  test("that dies leaves an image that the message finishes once its hold is over", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    host.answer = (_, response) => response.end(bytes);
    const { image } = await client.rehostImage({ source: urlSource(host.url()) });
    const dead = (seconds: number) => stack.sql`
      update images set attempts = 1, attempted_at = now() - make_interval(secs => ${30 - seconds}),
        held_until = now() + make_interval(secs => ${seconds})
      where image_id = ${image.image_id}
    `;
    await dead(27);
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([0]);
    await dead(-1);
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
    expect((await client.getImage(image)).image.status).toBe("published");
  });

  test.for([500, 503])(
    "that ends when another request holds its image leaves that hold as it is: after %i",
    async (status, { stack, owner: { client }, host, expect }) => {
      const url = host.url();
      const held = (image: { image_id: string }) => stack.sql`
        select attempts, attempted_at, held_until, retry_at, error from images
        where image_id = ${image.image_id}
      `;
      let other: unknown;
      host.answer = async (_, response) => {
        // as when the function was frozen here, and its hold was over
        const [image] = (await client.listImages()).images;
        await stack.sql`
          update images set attempts = attempts + 1, attempted_at = now() + interval '40 seconds',
            held_until = now() + interval '67 seconds'
          where image_id = ${image!.image_id}
        `;
        other = await held(image!);
        response.writeHead(status, status === 503 ? { "retry-after": "0" } : {}).end();
      };
      const { image } = await client.rehostImage({ source: urlSource(url), wait: true });
      expect(image.status).toBe("pending");
      expect(await held(image)).toEqual(other);
    },
  );

  test("answers 202 when the time is over, whatever the work does", async ({
    stack,
    owner,
    host,
  }) => {
    const messages: unknown[] = [];
    const started = performance.now();
    const { image } = await requestRehost(
      {
        sql: stack.sql,
        ownerBytes: 0,
        privateUrls: { presignGet: async () => "" },
        identify: { url: () => ({ platform_ref: "x", source: { url: host.url() } }) } as never,
        rehostQueue: {
          async send(sent, options) {
            messages.push([sent.length, options]);
            return [];
          },
        },
        rehostNow: () => new Promise(() => {}),
      },
      { owner_id: `user:${owner.sub}`, source: urlSource(host.url()), wait: true },
      { remainingMs: () => 3_300 },
    );
    expect(image.status).toBe("pending");
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(messages).toEqual([[1, { delaySeconds: 40 }]]);
  });

  test("answers 202 before its function is stopped, however late the wait began", async ({
    stack,
    owner: { sub },
    host,
  }) => {
    host.answer = () => {};
    const lambda = { ...stack.functions.routes.rehostImage, timeoutMs: 4_000 };
    const answer = await invoke(lambda, {
      headers: {
        authorization: `Bearer ${await stack.issuer.sign(sub)}`,
        "content-type": "application/json",
      },
      queryStringParameters: { wait: "" },
      body: JSON.stringify({ source: urlSource(host.url()) }),
      requestContext: { requestId: "1" },
    });
    expect(answer).toMatchObject({ statusCode: 202 });
  });

  test("lets a consumer do what needs the bot's token", async ({ stack, owner: { client } }) => {
    const source = { platform: "telegram" as const, file_id: "1", file_unique_id: "wait" };
    const before = await delayed(stack);
    const waiting = client.rehostImage({ source, wait: true }).catch((error) => error);
    await sleep(300);
    const [image] = (await client.listImages()).images;
    expect([await delayed(stack), await attempts(stack, image!)]).toEqual([before, 0]);
    await stack.sql`
      update images set status = 'rejected', error_code = 'source.gone', error = 'It is gone'
      where image_id = ${image!.image_id}
    `;
    expect(await waiting).toMatchObject({ code: "source.gone", message: "It is gone" });
  });
});

/** How many messages of re-hosts wait for their delay. */
async function delayed({ sqs, queueUrls }: TestStack) {
  const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrls.RehostQueue,
    AttributeNames,
  });
  return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessagesDelayed);
}

async function attempts({ sql }: TestStack, { image_id }: { image_id: string }) {
  const [row] = await sql`select attempts from images where image_id = ${image_id}`;
  return row?.attempts;
}

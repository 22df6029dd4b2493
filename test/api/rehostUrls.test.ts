import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "@keepsake/contract/limits";
import { PermanentError } from "@keepsake/core/outsideServiceErrors";
import { publishQueuedRehosts } from "@keepsake/core/rehosts/publishQueuedRehosts";
import { describe, expect } from "vitest";
import { noisePng, png } from "../support/images.ts";
import { deliver, newOwner, type Owner, request, type TestStack } from "../support/stack.ts";
import { providerNames, test } from "../support/stackWithImageHosts.ts";
import { closeGate } from "../support/tableGate.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const secret = "do_not_reveal";

describe("a provider's URL", () => {
  test("becomes a permanent one: all that was handed over in time is there hours later, under one id each", async ({
    stack,
    owner: { client },
    imageHosts,
    clock,
  }) => {
    const pictures = await Promise.all(
      providerNames.flatMap((name) =>
        [1, 2].map(async () => {
          const bytes = await noisePng(32);
          return { name, bytes, id: imageHosts.generate(name, bytes) };
        }),
      ),
    );
    const urls = () => pictures.map(({ id }) => imageHosts.url(id));
    const handOver = (urls: string[]) =>
      Promise.all(
        urls.map(
          async (url) => (await client.rehostImage({ source: { platform: "url", url } })).image,
        ),
      );
    const firstUrls = urls();
    const images = await handOver(firstUrls);
    clock.now += 9 * 60_000; // in time, and signed anew
    const again = await handOver(urls());
    expect(urls().filter((url, index) => url !== firstUrls[index])).toHaveLength(10);
    // of the sample's signature nothing is known: a new one is a new picture
    const isSame = again.map(({ image_id }, index) => image_id === images[index]!.image_id);
    expect(isSame).toEqual(pictures.map(({ name }) => name !== "sample"));

    await deliver(stack, "RehostQueue", [...images, ...again]);
    clock.now += 3 * 3_600_000;

    for (const [index, { bytes }] of pictures.entries()) {
      const { image } = await client.getImage(images[index]!);
      expect(image).toMatchObject({ status: "published", platform: "url" });
      expect(bytes.equals(await bytesAt(image.url))).toBe(true);
      const { host, pathname, search } = new URL(firstUrls[index]!);
      const expired = await fetch(`${imageHosts.origin}/${host}${pathname}${search}`);
      expect([403, 404]).toContain(expired.status);
    }
  });

  test("is fetched from the fresh one when it expired while it waited", async ({
    stack,
    owner: { client },
    imageHosts,
    clock,
  }) => {
    const bytes = await noisePng(32);
    const id = imageHosts.generate("openai", bytes);
    const source = () => ({ platform: "url" as const, url: imageHosts.url(id) });
    const { image } = await client.rehostImage({ source: source() });
    clock.now += 3 * 3_600_000;
    expect((await client.rehostImage({ source: source() })).image).toEqual(image);
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
    const done = (await client.getImage(image)).image;
    expect(bytes.equals(await bytesAt(done.url))).toBe(true);
  });

  test("that has expired is rejected, and tried again when a fresh one is sent", async ({
    stack,
    owner: { client },
    imageHosts,
    clock,
  }) => {
    const id = imageHosts.generate("comfyDeploy", await noisePng(32));
    const source = { platform: "url" as const, url: imageHosts.url(id) };
    clock.now += 2 * 3_600_000;
    const { image } = await client.rehostImage({ source });
    await deliver(stack, "RehostQueue", [image]);
    const rejected = (await client.getImage(image)).image;
    expect(rejected).toMatchObject({ status: "rejected", error: expect.stringMatching(/new URL/) });
    expect((await client.rehostImage({ source })).image).toEqual(rejected);

    const fresh = { ...source, url: imageHosts.url(id) };
    const again = (await client.rehostImage({ source: fresh })).image;
    expect(again.image_id).not.toBe(image.image_id);
    await deliver(stack, "RehostQueue", [again]);
    expect((await client.getImage(again)).image.status).toBe("published");
  });

  test("that is replaced while it is fetched is not rejected for having expired", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    const url = host.url();
    const source = (signature: number) => ({
      platform: "url" as const,
      url: `${url}?${signature}`,
      ref: "1",
    });
    const { image } = await client.rehostImage({ source: source(1) });
    host.answer = async ({ url = "" }, response) => {
      if (url.endsWith("?2")) return response.end(bytes);
      await client.rehostImage({ source: source(2) });
      return response.writeHead(403).end();
    };
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
    expect((await client.getImage(image)).image.status).toBe("pending");
    await deliver(stack, "RehostQueue", [image]);
    expect((await client.getImage(image)).image.status).toBe("published");
  });
});

describe("an owner", () => {
  const fill = ({ sql }: TestStack, { sub }: Owner) => sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, queued_at)
    select gen_random_uuid(), ${`user:${sub}`}, 'url', 'pending ' || n, '{}', 'pending', now()
    from generate_series(1, ${limits.pending_rehosts} - 1) n
  `;
  /** The status of the answer, and its image or its code. */
  const rehost = async (stack: TestStack, { sub }: Owner, source: object) => {
    const answer = await request(stack, "POST", "/rehosts", { sub, body: { source } });
    if (answer.status === 429) expect(answer.headers.get("retry-after")).toBe("10");
    return [answer.status, answer.body.image ?? answer.body.error.code];
  };
  const tooMany = [429, "upload.too_many"];

  test("may have 200 pending re-hosts of URLs and Discord, and gets those that it has", async ({
    stack,
    owner,
    host,
  }) => {
    await fill(stack, owner);
    const source = () => ({ platform: "url", url: host.url() });
    const last = source();
    const [status, image] = await rehost(stack, owner, last);
    expect(status).toBe(202);
    expect(await rehost(stack, owner, source())).toEqual(tooMany);
    const url = `${host.origin}/attachments/20/1/cat.png?ex=1&is=2&hm=3`;
    expect(await rehost(stack, owner, { platform: "discord", url })).toEqual(tooMany);
    expect(await rehost(stack, owner, last)).toEqual([202, image]);
    const file = { platform: "telegram", file_id: "1", file_unique_id: "beside" };
    expect((await rehost(stack, owner, file))[0]).toBe(202);
    expect((await rehost(stack, newOwner(stack), source()))[0]).toBe(202);

    host.answer = (_, response) => response.writeHead(404).end();
    await deliver(stack, "RehostQueue", [image]);
    expect((await rehost(stack, owner, last))[1]).toMatchObject({ status: "rejected" });
    expect((await rehost(stack, owner, source()))[0]).toBe(202);
  });

  test("gets no more of them by two requests at once", async ({ stack, owner, host }) => {
    await fill(stack, owner);
    const gate = await closeGate(stack.sql, "images", "insert");
    const send = () => rehost(stack, owner, { platform: "url", url: host.url() });
    const sent = Promise.all([send(), send()]);
    await gate.waiting(2);
    await gate.open();
    expect((await sent).map(([status]) => status).sort()).toEqual([202, 429]);
  });
});

describe("a batch of re-hosts", () => {
  test("begins no image that was tried before once half of its function's time is over", async ({
    stack,
    owner: { sub, client },
    host,
  }) => {
    let downloads = 0;
    const rehost = async () =>
      (await client.rehostImage({ source: { platform: "url", url: host.url() } })).image;
    const images = await Promise.all([rehost(), rehost(), rehost()]);
    const [, ...tried] = images.map(({ image_id }) => image_id);
    await stack.sql`update images set attempts = 1 where image_id in ${stack.sql(tried)}`;
    const services = {
      sql: stack.sql,
      platforms: {
        url: {
          async download() {
            downloads += 1;
            await sleep(200);
            throw new PermanentError("gone", "It is gone");
          },
        },
      },
      onOutcome() {},
    } as never;
    const again = await publishQueuedRehosts(services, images, { beginMs: 300 });
    expect(downloads).toBe(2);
    expect(again).toHaveLength(1);
    const rows = await stack.sql`
      select image_id, attempts from images where owner_id = ${`user:${sub}`} and status = 'pending'
    `;
    expect(rows).toMatchObject([{ image_id: again[0]!.image_id, attempts: 1 }]);
  });
});

describe("the same URL", () => {
  test("is tried again a minute after an attempt that could not fetch it, under a new id if it was rejected", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    for (const status of ["rejected", "failed"]) {
      host.answer = (_, response) => response.writeHead(status === "failed" ? 500 : 403).end();
      const source = { platform: "url" as const, url: host.url() };
      const rehost = async () => (await client.rehostImage({ source })).image;
      const image = await rehost();
      await stack.sql`update images set attempts = 11 where image_id = ${image.image_id}`;
      await deliver(stack, "RehostQueue", [image]);
      expect((await rehost()).status).toBe(status);

      await stack.sql`
        update images set attempted_at = attempted_at - interval '61 seconds'
        where image_id = ${image.image_id}
      `;
      host.answer = (_, response) => response.end(bytes);
      const again = await rehost();
      expect(again.status).toBe("pending");
      expect(again.image_id === image.image_id).toBe(status === "failed");
      await deliver(stack, "RehostQueue", [again]);
      expect((await rehost()).status).toBe("published");
    }
  });

  test("is not tried again when its image was no image", async ({
    stack,
    owner: { client },
    host,
  }) => {
    host.answer = (_, response) => response.end("<svg/>".repeat(99));
    const source = { platform: "url" as const, url: host.url() };
    const { image } = await client.rehostImage({ source });
    await deliver(stack, "RehostQueue", [image]);
    await stack.sql`
      update images set attempted_at = attempted_at - interval '1 hour'
      where image_id = ${image.image_id}
    `;
    expect((await client.rehostImage({ source })).image).toMatchObject({
      image_id: image.image_id,
      status: "rejected",
    });
  });
});

describe("a URL whose host asks for a wait each time", () => {
  test("is tried 12 times, and failed then", async ({ stack, owner: { client }, host }) => {
    let requests = 0;
    host.answer = (_, response) => {
      requests += 1;
      response.writeHead(503, { "retry-after": "0" }).end();
    };
    const { image } = await client.rehostImage({ source: { platform: "url", url: host.url() } });
    for (let time = 0; time < 15; time += 1) await deliver(stack, "RehostQueue", [image]);
    const { status, error } = (await client.getImage(image)).image;
    expect([status, requests]).toEqual(["failed", 12]);
    expect(error).toMatch(/Gave up after 12 attempts/);
  });

  test("is fetched when the host answers at last", async ({ stack, owner: { client }, host }) => {
    const bytes = await noisePng(32);
    host.answer = (_, response) => response.writeHead(503, { "retry-after": "60" }).end();
    const { image } = await client.rehostImage({ source: { platform: "url", url: host.url() } });
    expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
    expect((await rowOf(stack, image)).retry_at.getTime()).toBeGreaterThan(Date.now() + 30_000);
    host.answer = (_, response) => response.end(bytes);
    await deliver(stack, "RehostQueue", [image]);
    expect((await client.getImage(image)).image.status).toBe("published");
  });
});

describe("the identity of a URL's image", () => {
  test("is the caller's own reference when there is one, for each owner", async ({
    owner: { client },
    host,
    stack,
  }) => {
    const rehost = async (ref?: string, as = client) => {
      const source = { platform: "url" as const, url: host.url(), ...(ref && { ref }) };
      return (await as.rehostImage({ source })).image.image_id;
    };
    const first = await rehost("output 1");
    expect(await rehost("output 1")).toBe(first);
    const others = [
      await rehost("output 2"),
      await rehost(),
      await rehost("output 1", stack.client("x")),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });
});

describe("a signature", () => {
  test("is in the row until the image is published, and in no hash, log or answer", async ({
    stack,
    owner: { client },
    host,
    logs,
  }) => {
    const bytes = await png();
    host.answer = (_, response) => response.end(bytes);
    const url = host.url(`?sig=${secret}`);
    const source = { platform: "url" as const, url };
    const { image } = await client.rehostImage({ source });
    expect(JSON.stringify(image)).not.toContain(secret);
    expect(await rowOf(stack, image)).toMatchObject({
      source: { url },
      platform_ref: sha256(`url ${url}`),
    });
    await deliver(stack, "RehostQueue", [image]);
    expect(await rowOf(stack, image)).toMatchObject({ status: "published", source: {} });
    const again = await client.rehostImage({ source });
    expect(again.image).toMatchObject({ image_id: image.image_id, status: "published" });
    expect((await rowOf(stack, image)).source).toEqual({});
    expect(logs.text).not.toContain(secret);
  });

  test("is in no row, log or error of an image that is rejected", async ({
    stack,
    owner: { client },
    host,
    logs,
  }) => {
    host.answer = (_, response) => response.writeHead(302, { location: `/${secret}` }).end();
    const url = host.url(`?sig=${secret}`);
    const { image } = await client.rehostImage({ source: { platform: "url", url } });
    await deliver(stack, "RehostQueue", [image]);
    const row = await rowOf(stack, image);
    expect(row).toMatchObject({ status: "rejected", source: { url_sha256: sha256(url) } });
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(JSON.stringify(await client.getImage(image))).not.toContain(secret);
    expect(logs.text).not.toContain(secret);
  });

  test("of an image of Discord's is not stored again either", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const bytes = await noisePng(32);
    host.answer = (_, response) => response.end(bytes);
    const url = `${host.origin}/attachments/1/2/cat.png?ex=1&is=2&hm=${secret}`;
    const source = { platform: "discord" as const, url };
    const { image } = await client.rehostImage({ source });
    await deliver(stack, "RehostQueue", [image]);
    await client.rehostImage({ source });
    expect(await rowOf(stack, image)).toMatchObject({ status: "published", source: {} });
  });
});

describe("a thumbnail's URL of Discord", () => {
  test("gets the original, also for a row of the release before", async ({
    stack,
    owner: { client },
    host,
  }) => {
    const [original, small] = await Promise.all([noisePng(64), noisePng(16)]);
    host.answer = ({ url = "" }, response) =>
      response.end(/width|height|format|quality|size/.test(url) ? small : original);
    const at = (file: string, query: string) => ({
      platform: "discord" as const,
      url: `${host.origin}/attachments/8/9/${file}?ex=1&hm=2${query}`,
    });
    const thumbnail = at("a.png", "&=&format=webp&quality=lossless&width=16&height=16");
    const { image } = await client.rehostImage({ source: thumbnail });
    const before = (await client.rehostImage({ source: at("b.png", "") })).image;
    await stack.sql`
      update images set source = ${stack.sql.json({ url: at("b.png", "&width=16").url })}
      where image_id = ${before.image_id}
    `;
    await deliver(stack, "RehostQueue", [image, before]);
    for (const each of [image, before]) {
      const done = (await client.getImage(each)).image;
      expect(original.equals(await bytesAt(done.url))).toBe(true);
    }
    const whole = await client.rehostImage({ source: at("a.png", "") });
    expect(whole.image.image_id).toBe(image.image_id);
  });
});

/** What a refusal says of a URL, in the answer of a request or in the image of a redirect. */
const problems = {
  scheme: /^(This|The) URL .*does not begin with https:\/\//,
  credentials: /^(This|The) URL .*has credentials before its host/,
  port: /^(This|The) URL .*has a port/,
  address: /^(This|The) URL .*has an address in place of a host's name/,
  host: /^(This|The) URL .*is on a host that is not in the list/,
  character: /^This URL .*has a character that programs read differently/,
};

describe("a URL that may not be fetched", () => {
  test("is refused with the reason and what to do, and its text is in no answer, row or log", async ({
    stack,
    owner: { sub, client },
    logs,
    task,
  }) => {
    const urls: [url: string, problem: RegExp][] = [
      [`http://replicate.delivery/${secret}`, problems.scheme],
      [`https://example.com/${secret}`, problems.host],
      [`https://replicate.delivery.example.com/${secret}`, problems.host],
      [`https://replicate.delivery@example.com/${secret}`, problems.credentials],
      [`https://${secret}:x@replicate.delivery/a.png`, problems.credentials],
      [`https://replicate.delivery:8443/${secret}`, problems.port],
      [`https://replicate.delivery:443/${secret}`, problems.port],
      [`https://127.0.0.1/${secret}`, problems.address],
      [`https://[::1]/${secret}`, problems.address],
      [`https://[::ffff:169.254.169.254]/${secret}`, problems.address],
      [`https://169.254.169.254/latest/meta-data/${secret}`, problems.address],
      [`https://2852039166/${secret}`, problems.address],
      [`https://0xa9fea9fe/${secret}`, problems.address],
      [`https://replicate.delivery\\@example.com/${secret}`, problems.character],
      [`https:/\\replicate.delivery/${secret}`, problems.character],
      [`//replicate.delivery/${secret}`, problems.scheme],
      [`https://replicate.delivery./${secret}`, problems.host],
      [`https://blob.core.windows.net/${secret}`, problems.host],
      [`file:///etc/passwd#${secret}`, problems.scheme],
      [`data:image/png;base64,${secret}`, problems.scheme],
      [secret, problems.scheme],
    ];
    task.meta.cases = urls.length;
    for (const [url, problem] of urls) {
      const body = { source: { platform: "url", url } };
      const answer = await request(stack, "POST", "/rehosts", { sub, body });
      expect([url, answer.status, answer.body.error.code]).toEqual([url, 422, "source.refused"]);
      expect([url, answer.body.error.message]).toEqual([url, expect.stringMatching(problem)]);
      expect(answer.body.error.message).toMatch(/GET \/rehosts\/hosts/);
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
    expect((await client.listImages()).images).toEqual([]);
    expect(logs.text).not.toContain(secret);
  });

  test.for<[location: string, problem: RegExp | string]>([
    // of the list, but at an address of this machine
    ["https://localhost/a.png", "The host's name leads to an address that is not public"],
    ["http://169.254.169.254/latest/meta-data/", problems.scheme],
    ["https://169.254.169.254/latest/meta-data/", problems.address],
    ["https://example.com/a.png", problems.host],
    ["https://user@replicate.delivery/a.png", problems.credentials],
    ["https://replicate.delivery:8443/a.png", problems.port],
    ["gopher://replicate.delivery/", problems.scheme],
  ])(
    "is not fetched as the target of a redirect, and the image says why: %s",
    async ([location, problem], { stack, owner: { client }, host, expect }) => {
      host.answer = (_, response) => response.writeHead(302, { location }).end();
      const { image } = await client.rehostImage({ source: { platform: "url", url: host.url() } });
      expect(await deliver(stack, "RehostQueue", [image])).toEqual([]);
      const done = (await client.getImage(image)).image;
      expect(done.error).toMatch(problem);
    },
  );

  test("is not fetched when its name has an address of this machine", async ({
    stack,
    owner: { client },
  }) => {
    const source = { platform: "url" as const, url: "https://localhost/a.png" };
    const { image } = await client.rehostImage({ source });
    await deliver(stack, "RehostQueue", [image]);
    const done = (await client.getImage(image)).image;
    expect([done.status, done.error]).toEqual([
      "rejected",
      "The host's name leads to an address that is not public",
    ]);
  });
});

test("GET /rehosts/hosts lists the stage's hosts for anyone who is signed in", async ({
  stack,
  owner: { client },
}) => {
  const { hosts } = await client.listRehostHosts();
  expect(hosts).toEqual(
    expect.arrayContaining(["replicate.delivery", "*.fal.media", "images.provider.example"]),
  );
  expect((await request(stack, "GET", "/rehosts/hosts")).status).toBe(401);
});

async function rowOf({ sql }: TestStack, { image_id }: { image_id: string }) {
  const [row] = await sql`select * from images where image_id = ${image_id}`;
  return row!;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

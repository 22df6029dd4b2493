import type { RequestListener } from "node:http";
import type { LookupFunction } from "node:net";
import { inspect } from "node:util";
import { identifyUrl, urlFiles } from "@keepsake/adapters/platforms/urlFiles";
import { isPublicAddress, publicLookup } from "@keepsake/adapters/publicAddresses";
import { defaultRehostHosts, isAllowedHost, rehostHosts } from "@keepsake/contract/rehostHosts";
import { PermanentError } from "@keepsake/core/outsideServiceErrors";
import { parseAllowedUrl, unsignedUrl } from "@keepsake/core/rehosts/allowedUrls";
import { describe, expect, onTestFinished, test } from "vitest";
import { providersTls } from "../support/tlsProviderServer.ts";

const hosts = ["replicate.delivery", "*.replicate.delivery", "*.fal.media"];
const link = { hosts: hosts.join(" "), standIns: "" };
const url = "https://replicate.delivery/xezq/out-0.webp?token=do_not_reveal";
const pixels = Buffer.alloc(100_000, "pixels");
const maxBytes = 1_000_000;
const refused = { name: "PermanentError", reason: "refused" };

describe("the image of a URL", () => {
  test("is downloaded over TLS, from the host that the certificate names", async () => {
    const requests: unknown[] = [];
    const { download } = await source((request, response) => {
      requests.push([request.headers.host, request.url, request.headers.authorization]);
      response.end(pixels);
    });
    expect(pixels.equals(await download({ url }, maxBytes))).toBe(true);
    expect(requests).toEqual([
      ["replicate.delivery", "/xezq/out-0.webp?token=do_not_reveal", undefined],
    ]);
    const other = "https://a.b.fal.media/1.png"; // its certificate is for one label only
    expect(await failure(download({ url: other }, maxBytes))).toEqual({ name: "RetryableError" });
  });

  test("is downloaded through three redirects within the list, relative ones too", async () => {
    const locations = ["/2", "https://v3.fal.media/3", "//pbxt.replicate.delivery/4?x=1"];
    const asked: string[] = [];
    const { download } = await source((request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      const location = locations.shift();
      if (location === undefined) return response.end(pixels);
      return response.writeHead(302, { location }).end("elsewhere");
    });
    expect((await download({ url }, maxBytes)).length).toBe(pixels.length);
    expect(asked.slice(1)).toEqual([
      "replicate.delivery/2",
      "v3.fal.media/3",
      "pbxt.replicate.delivery/4?x=1",
    ]);
  });

  test("is refused at the fourth redirect", async () => {
    let requests = 0;
    const { download } = await source((_, response) => {
      requests += 1;
      response.writeHead(302, { location: `/${requests}` }).end();
    });
    expect(await failure(download({ url }, maxBytes))).toEqual(refused);
    expect(requests).toBe(4);
  });

  test.for([
    "https://example.com/",
    "http://replicate.delivery/",
    "https://replicate.delivery:8443/",
    "https://user:password@replicate.delivery/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://replicate.delivery.example.com/",
    "//example.com/",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "https://",
    "",
  ])("does not follow a redirect to %j", async (location, { expect }) => {
    let requests = 0;
    const { download } = await source((_, response) => {
      requests += 1;
      response.writeHead(307, { location }).end();
    });
    expect(await failure(download({ url }, maxBytes))).toEqual(refused);
    expect(requests).toBe(location === "" ? 4 : 1);
  });

  test("has one deadline for all redirects together", async () => {
    const server = await providersTls((_, response) => {
      setTimeout(() => response.writeHead(302, { location: "/again" }).end(), 400);
    });
    onTestFinished(() => server.stop());
    const { download } = urlFiles(link, { agent: server.agent(), deadlineMs: 1_000 });
    const started = performance.now();
    expect(await failure(download({ url }, maxBytes))).toEqual({ name: "RetryableError" });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test.for<[number, object]>([
    [403, { name: "PermanentError", reason: "gone" }],
    [404, { name: "PermanentError", reason: "gone" }],
    [410, { name: "PermanentError", reason: "gone" }],
    [429, { name: "RetryableError", retryAfterSeconds: 7 }],
    [503, { name: "RetryableError", retryAfterSeconds: 7 }],
  ])("is not there when the host answers %i", async ([status, expected], { expect }) => {
    const { download } = await source((_, response) =>
      response.writeHead(status, { "retry-after": "7" }).end(),
    );
    expect(await failure(download({ url }, maxBytes))).toEqual(expected);
  });

  test("has at most as many bytes as the limit", async () => {
    const { download } = await source((_, response) => response.end(Buffer.alloc(maxBytes + 1)));
    const tooLarge = { name: "PermanentError", reason: "too_large" };
    expect(await failure(download({ url }, maxBytes))).toEqual(tooLarge);
  });
});

describe("a name of the list", () => {
  test.for([
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["::1"],
    ["fd00:ec2::254"],
    ["::ffff:169.254.169.254"],
    ["64:ff9b::a9fe:a9fe"],
    ["8.8.8.8", "127.0.0.1"],
    ["2606:4700::1111", "fe80::1"],
    [],
  ])("that resolves to %j is not connected to", async (addresses, { expect }) => {
    let requests = 0;
    const lookup = publicLookup((_, __, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      ),
    );
    const { download } = await source((_, response) => {
      requests += 1;
      response.end(pixels);
    }, lookup);
    expect(await failure(download({ url }, maxBytes))).toEqual(refused);
    expect(requests).toBe(0);
  });

  test("that resolves to this machine is not connected to by what is deployed", async () => {
    const { download } = urlFiles({ hosts: "localhost", standIns: "" });
    const local = { url: "https://localhost/a.png" };
    expect(await failure(download(local, maxBytes))).toEqual(refused);
  });

  test("is connected to at the addresses that were checked, also when it is then another's (DNS rebinding)", async () => {
    const answers = ["8.8.8.8", "127.0.0.1", "127.0.0.1"];
    const lookup = publicLookup((_, __, callback) =>
      callback(null, [{ address: answers.shift()!, family: 4 }]),
    );
    const connected = await new Promise((resolve) =>
      lookup("replicate.delivery", { all: true }, (_, addresses) => resolve(addresses)),
    );
    expect(connected).toEqual([{ address: "8.8.8.8", family: 4 }]);
    expect(answers).toHaveLength(2);
  });
});

test.for<[boolean, string[]]>([
  [true, ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1"]],
  [true, ["192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "168.63.129.17"]],
  [true, ["2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]],
  [false, ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "168.63.129.16"]],
  [false, ["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.170"]],
  [false, ["192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"]],
  [false, ["255.255.255.255", "192.88.99.1", "::", "::1", "::7f00:1", "::ffff:127.0.0.1"]],
  [false, ["::ffff:a00:1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254"]],
  [false, ["64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"]],
  [false, ["fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1"]],
  [false, ["", "localhost", "127.1", "0x7f000001", "2130706433", "8.8.8.8.", "8.8.8"]],
])("an address is public, or not: %s for %j", ([isPublic, addresses], { expect, task }) => {
  task.meta.cases = addresses.length;
  for (const address of addresses)
    expect([address, isPublicAddress(address)]).toEqual([address, isPublic]);
});

describe("a URL to re-host", () => {
  test.for([
    "https://replicate.delivery/xezq/a/out-0.webp",
    "https://replicate.delivery",
    "https://PBXT.replicate.delivery/a.png?x=%20[1]#fragment",
    "https://v3b.fal.media/files/b/lion/a.png",
  ])("may be %j", (url, { expect }) => {
    expect(parseAllowedUrl(url, hosts)?.protocol).toBe("https:");
  });

  test.for([
    "http://replicate.delivery/a.png",
    "https://fal.media/a.png",
    "https://fal.media.example.com/a.png",
    "https://examplefal.media/a.png",
    "https://replicate.delivery.example.com/a.png",
    "https://replicate.delivery./a.png",
    "https://example.com/replicate.delivery/a.png",
    "https://example.com?replicate.delivery/a.png",
    "https://example.com#replicate.delivery/a.png",
    "https://user@replicate.delivery/a.png",
    "https://replicate.delivery@example.com/a.png",
    "https://@replicate.delivery/a.png",
    "https://replicate.delivery:443/a.png",
    "https://replicate.delivery:8443/a.png",
    "https:\\\\replicate.delivery\\a.png",
    "https://example.com\\.replicate.delivery/a.png",
    "https:replicate.delivery/a.png",
    "https:///replicate.delivery/a.png",
    " https://replicate.delivery/a.png",
    "https://replicate.delivery/a b.png",
    "https://replicate.delivery/\ta.png",
    "https://replicate.delivery/ä.png",
    "https://ｒeplicate.delivery/a.png",
    "https://127.0.0.1/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "https://2130706433/a.png",
    "ftp://replicate.delivery/a.png",
    "javascript://replicate.delivery/%0aalert(1)",
    `https://replicate.delivery/${"a".repeat(2_000)}`,
    "not a url",
    "",
  ])("may not be %j", (url, { expect }) => {
    expect(parseAllowedUrl(url, hosts)).toBeUndefined();
    expect(() => identifyUrl(link)({ url })).toThrow(/^This URL (?!undefined)[a-z]/);
  });
});

test("a URL to re-host names one host, not a pattern of the list", () => {
  for (const host of ["*.fal.media", "*.replicate.delivery", "a*.fal.media"])
    expect(parseAllowedUrl(`https://${host}/a.png`, hosts)).toBeUndefined();
});

describe("the identity of a URL", () => {
  test.for([
    [
      "https://oaidalleapiprodscus.blob.core.windows.net/private/org-1/user-2/img-3.png?st=2026-11-22T01%3A00%3A00Z&se=2026-11-22T03%3A00%3A00Z&sp=r&sv=2024-08-04&sr=b&rscd=inline&rsct=image/png&skoid=1&sktid=2&skt=2026-11-21T23%3A00%3A00Z&ske=2026-11-22T23%3A00%3A00Z&sks=b&skv=2024-08-04&sig=a%2Bb%3D",
      "https://oaidalleapiprodscus.blob.core.windows.net/private/org-1/user-2/img-3.png",
    ],
    [
      "https://comfy-deploy-output.s3.amazonaws.com/outputs/runs/1/a.png?versionId=7&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Date=y&X-Amz-Expires=60&X-Amz-SignedHeaders=host&x-id=GetObject&X-Amz-Signature=z",
      "https://comfy-deploy-output.s3.amazonaws.com/outputs/runs/1/a.png?versionId=7",
    ],
    [
      "https://v3.fal.media/files/b/1/a.png?identity=jwt&b=2&a=1",
      "https://v3.fal.media/files/b/1/a.png?b=2&a=1",
    ],
    [
      "https://a-b.hf.space/gradio_api/file=/tmp/gradio/1/image.webp?__sign=jwt",
      "https://a-b.hf.space/gradio_api/file=/tmp/gradio/1/image.webp",
    ],
    [
      "https://replicate.delivery/xezq/1/out-0.webp#top",
      "https://replicate.delivery/xezq/1/out-0.webp",
    ],
    // signed in a way that nothing lists
    [
      "https://images.example.com/a.png?sig=1&width=64",
      "https://images.example.com/a.png?sig=1&width=64",
    ],
  ])("of %j has no signature", ([signed, unsigned], { expect }) => {
    expect(unsignedUrl(new URL(signed!))).toBe(unsigned);
  });

  test("is a hash, of the caller's own reference when there is one", () => {
    const identify = identifyUrl(link);
    const file = identify({ url, ref: "prediction 1" });
    expect(file.platform_ref).toMatch(/^[\da-f]{64}$/);
    expect(file.source).toEqual({ url });
    expect(identify({ url: `${url}#top`, ref: "prediction 1" })).toEqual(file);
    const other = "https://v3.fal.media/1.png";
    expect(identify({ url: other, ref: "prediction 1" }).platform_ref).toBe(file.platform_ref);
    const others = [identify({ url }), identify({ url: other }), identify({ url, ref: "2" })];
    expect(new Set([file, ...others].map((each) => each!.platform_ref)).size).toBe(4);
  });
});

describe("REHOST_HOSTS", () => {
  test("is the default list when it is not set, and else what it names", () => {
    expect([undefined, "", " , "].map(rehostHosts)).toEqual(Array(3).fill(defaultRehostHosts));
    expect(rehostHosts(defaultRehostHosts.join(" "))).toEqual(defaultRehostHosts);
    expect(rehostHosts("a.example, *.b.example\n a.example")).toEqual(["a.example", "*.b.example"]);
  });

  test.for([
    "localhost",
    "*",
    "*.",
    "*.com:443",
    "https://a.example",
    "a.example/",
    "A.example",
    "a.*.example",
    "**.example.com",
    "127.0.0.1",
    "*.0.0.1",
    "[::1]",
    "a..example",
    "-a.example",
    "a=b.example",
  ])("cannot name %j", (host, { expect }) => {
    expect(() => rehostHosts(host)).toThrow("REHOST_HOSTS must be host names");
  });

  test("stands for subdomains with *., and not for the domain", () => {
    const matches = (host: string) => isAllowedHost(host, ["*.a.example", "b.example"]);
    expect(["x.a.example", "x.y.a.example", "b.example"].every(matches)).toBe(true);
    expect(
      ["a.example", ".a.example", "xa.example", "evila.example", "x.b.example", ""].some(matches),
    ).toBe(false);
  });
});

async function source(answer: RequestListener, lookup?: LookupFunction) {
  const server = await providersTls(answer);
  onTestFinished(() => server.stop());
  return urlFiles(link, { agent: server.agent(lookup) });
}

/** What a call threw. Checks that it holds nothing of the URL. */
async function failure(call: Promise<unknown>): Promise<object> {
  const error = await call.then(
    (result) => expect.fail(`It resolved to ${inspect(result)}`),
    (error: unknown) => error as Error & { retryAfterSeconds?: number },
  );
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/do_not_reveal|replicate\.d/);
  if (error instanceof PermanentError) return { name: error.name, reason: error.reason };
  const { name, retryAfterSeconds } = error;
  return { name, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

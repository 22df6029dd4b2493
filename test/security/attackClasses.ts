/**
 * A class of attacks, or of faults that come in a storm. `tests` names the tests that show the defence: by
 * file in test/, a part of a test's name that starts anywhere in it, describes included.
 */
export type AttackClass = { attack: string; defence: string; tests: Record<string, string[]> };

/** The rows of "Attacks and defences" in docs/security.md, which `npm run attack-table` writes. */
export const attackClasses: AttackClass[] = [
  {
    attack: "HTML, SVG, programs, archives as images, and every other file of the corpus",
    defence:
      "the format is detected from the bytes, never from a label; there are five formats, and the decoder must report the same one",
    tests: {
      "security/hostile.test.ts": [
        "an image is sanitized or rejected as a portrait, an upload and a re-host:",
      ],
      "workers/uploadPortraits.test.ts": ["publishes only the picture from"],
    },
  },
  {
    attack:
      "two files in one: HTML, PHP, a ZIP, PDF, RAR or 7z, or a second image, in any place of the container",
    defence:
      "only a PNG or JPEG of the plainest kind keeps its own coded pixels, and nothing else of the file: `IHDR`, `sRGB`, one zlib stream of exactly its rows, `IEND`; or tables, frame and scans, whose codes are read to the last block. Everything else is encoded anew. A file to be published that has the mark of a ZIP, PDF, RAR or 7z where their readers look is encoded anew, and rejected when it still has one",
    tests: {
      "security/hostile.test.ts": [
        "followed by",
        "a ZIP archive",
        "a PDF",
        "a RAR archive",
        "a 7z archive",
        "second image after it",
        "within IDAT",
        "IEND chunk contains data",
        "is also a",
        "that is an SVG",
      ],
      "core/base64AndPlainPng.test.ts": ["a PNG passes unchanged"],
      "security/fuzzPng.test.ts": ["what passes of a PNG with random changes"],
      "security/fuzzJpeg.test.ts": [
        "never passes with a text anywhere in it",
        "with a long text anywhere in it is rejected",
      ],
      "security/fuzzImages.test.ts": [
        "it passes unchanged exactly when",
        "no chunk passes that is not part of a plain picture",
        "none passes with a wrong CRC or another order",
        "the pixel data of a PNG must be exactly its rows",
      ],
    },
  },
  {
    attack: "places, names, thumbnails in EXIF, XMP, IPTC, ICC, comments",
    defence:
      "never copied; of a JPEG that keeps its pixels, the orientation and the nine numbers of an RGB colour profile are written anew, in one form. The tests read published images and their copies back without sharp",
    tests: {
      "security/hostile.test.ts": [
        "GPS",
        "XMP",
        "EXIF",
        "IPTC",
        "colour profile",
        "orientation",
        "gain map",
        "comment",
        "private chunk",
        "unknown chunk",
        "plain text extension",
      ],
      "security/fuzzImages.test.ts": ["only an image without metadata is published"],
      "api/completeUpload.test.ts": ["a photo upright, without its location and author, as a JPEG"],
    },
  },
  {
    attack: "decompression bombs, false sizes",
    defence:
      "sides, area and bytes are checked from the header and the container, and again by the decoder; a JPEG has at most 52 megapixels, an AVIF 16, all others 40; a published image at most 20 MB, a portrait 8 MB",
    tests: {
      "security/badInput.test.ts": ["256 megapixels in 31 KB"],
      "security/hostile.test.ts": [
        "decompression bomb",
        "megapixels",
        "pixels a side",
        "that declares",
        "huge",
        "canvas",
        "of zero",
        "than its header says",
      ],
    },
  },
  {
    attack: "pictures that take very long to decode",
    defence:
      "scans (≤ 100), frames (≤ 300 and 40 megapixels over all), tiles, items and chunks are counted in the container before a decoder sees them; decoding and encoding run in a child process that is ended after 4 s of CPU time or at 512 MB for a portrait, 10 s or 1 GB for an image; a message that was received before is taken alone",
    tests: {
      "security/hostile.test.ts": [
        "scan",
        "frames",
        "tiles",
        "items",
        "boxes",
        "arithmetic-coded",
        "empty IDAT chunks",
        "chunks of one byte each",
      ],
      "api/completeUpload.test.ts": ["40 megapixels of noise"],
      "workers/batchOrder.test.ts": [
        "saves all others before it takes one that was received before",
      ],
    },
  },
  {
    attack: "damaged or truncated files",
    defence:
      "fully decoded before anything is public, with warnings as errors; the row or the response keeps the reason. A PNG that keeps its pixels is inflated by our own reader as well, to the last byte of its rows, and the codes of a sequential JPEG are read to the last block",
    tests: {
      "security/fuzzImages.test.ts": [
        "what is published decodes fully and contains only picture data",
        "sharp decodes without a warning every PNG that passes",
      ],
      "workers/uploadPortraits.test.ts": ["rejects what only decoding can detect:"],
      "security/hostile.test.ts": ["without its last", "cut off", "with a wrong"],
    },
  },
  {
    attack: "base64 that decoders read differently",
    defence: "exactly RFC 4648, nothing looser",
    tests: {
      "core/base64AndPlainPng.test.ts": ["is accepted exactly where RFC 4648 allows it"],
      "security/fuzzImages.test.ts": ["agrees with a slow and simple one"],
      "security/hostile.test.ts": ["the API responds as expected to a portrait's base64"],
      "security/badInput.test.ts": ["the API rejects a portrait, and names its piece, when it is"],
    },
  },
  {
    attack: "malformed, deep, huge, mistyped or polluting JSON, smuggled requests",
    defence:
      "schemas at the edge; unknown fields are rejected; 422 for values that Postgres cannot store; one form of error, which repeats no value of a body",
    tests: {
      "security/hostile.test.ts": ["every route responds as expected to"],
      "security/badInput.test.ts": [
        "a body that is not JSON, is labelled as something else, or is missing",
        "more bytes than a world may have, and more than Lambda accepts",
        "to generate",
        "in a world",
        "a key named __proto__, anywhere",
        "a number that is too large for a double",
        "an invalid cursor",
        "an Idempotency-Key with spaces, or of 256 characters",
      ],
    },
  },
  {
    attack: "text that Postgres cannot store (NUL, unpaired surrogates) or that has no end",
    defence:
      "one schema for every string that is stored; 422, 401 for a token's `sub`, and 200 for an Update of Telegram, which ignores it. The tests find the fields in the schemas",
    tests: {
      "security/badText.test.ts": [
        "text that cannot be stored, or is one character over its limit, is a 4xx in",
        "an Update of Telegram with text that cannot be stored, or is too long, gets a 200 for",
      ],
    },
  },
  {
    attack:
      "limits that a second entrance skips: the details of a portrait that is generated again",
    defence: "one schema for a piece's details, wherever they are sent",
    tests: {
      "security/badText.test.ts": [
        "the details of a character whose portrait is generated again have the limits of a piece's:",
      ],
    },
  },
  {
    attack: "request targets that are no path: slashes, dots, broken escapes, other hosts",
    defence: "400 or 404, never 500; a target with another host is refused",
    tests: {
      "local/hostAndOrigin.test.ts": [
        "with 400",
        "takes an absolute target for its own path, and refuses another host's",
        "the CDN responds to",
        "the CDN has no object under a key of",
        "the Bot API answers 400 to the body",
        "the Bot API has no method",
      ],
      "security/badText.test.ts": [
        "a path of slashes, dots or characters that cannot be stored is a 404",
      ],
      "security/badInput.test.ts": ["an incorrectly encoded path, and an id that is not a UUID"],
    },
  },
  {
    attack: "two people whose tokens become one owner",
    defence:
      "a `sub` with an unpaired surrogate, which would be stored as another, is rejected; no `sub` is normalized or cut",
    tests: {
      "security/badText.test.ts": ["two tokens whose subs differ in any way are two owners"],
      "api/serviceKeys.test.ts": ["names any owner, whose every character counts"],
      "api/createToken.test.ts": [
        "names exactly its owner, also one that could be read as another",
      ],
    },
  },
  {
    attack: "no token, a forged or an expired one, one for another API",
    defence:
      "one verification for every route and the stream, before a body is read; what the text alone shows to be wrong costs no query and no request to the issuer",
    tests: {
      "security/badInput.test.ts": [
        "a request without a token, with a forged one, and with one that has expired",
      ],
      "api/oidcSignIn.test.ts": [
        "a token for another API is rejected",
        "an expired token is rejected",
        "a token signed with another key is rejected",
        "a name alone is not enough to sign in",
      ],
      "api/streamCharacters.test.ts": ["is rejected without a valid token"],
      "api/issuerTokens.test.ts": [
        "refuse a credential of a wrong shape, algorithm, issuer, audience, time or subject",
        "verify nothing that was signed with another key of the same name",
      ],
      "api/createToken.test.ts": [
        "is refused when anything in it was changed, or when it says what no token of ours says",
        "takes a service key only",
      ],
      "api/serviceKeys.test.ts": ["with another secret, or with the id of no key, is refused"],
      "infra/api.test.ts": ["functions check who calls"],
    },
  },
  {
    attack:
      "a flood of tokens with unknown keys, also while the issuer is down; of made-up service keys",
    defence:
      "an issuer's keys are read once in 30 s at most, failures included, and known ones stay valid; all service keys are read in one query a minute",
    tests: {
      "api/issuerTokens.test.ts": [
        "are read once in 30 s, however many tokens name keys that it does not have",
        "are read again after 5 s when the first read failed, then once in 30 s",
        "are waited for 5 s by every request at once, and asked for once",
        "go on with known keys while the issuer is down",
      ],
      "api/serviceKeys.test.ts": ["are read in one query a minute, whatever ids are sent"],
    },
  },
  {
    attack: "a service key in a page, a leaked key, an owner that is not clear",
    defence:
      "CORS does not allow the owner's header; a revoked key and its page tokens stop within a minute; only a SHA-256 is stored; 422 for an owner that could be read in two ways",
    tests: {
      "api/serviceKeys.test.ts": [
        "never passes the preflight of a page",
        "that was revoked stops within a minute",
        "is stored as a SHA-256 only",
        "is 422 without an owner",
        "is 422 with two owner headers",
        "beside a token it has no effect",
      ],
      "api/createToken.test.ts": [
        "stops within a minute of its service key",
        "stops when it expires",
      ],
      "local/cloudFront.test.ts": ["turns a name into a page token for its own page only"],
    },
  },
  {
    attack: "another owner's world, upload or image",
    defence: "every query includes the owner; 404, as for one that does not exist",
    tests: {
      "security/badInput.test.ts": ["another owner's world, as if it did not exist"],
      "api/images.test.ts": ["is paged, newest first, and closed to other owners"],
      "api/replacePortrait.test.ts": [
        "is rejected for other owners, other pieces, factions and invalid portraits",
        "needs a published image that belongs to the caller",
      ],
      "api/deletions.test.ts": [
        "with force takes no portrait of another owner",
        "removes every version of its portraits, and is rejected for other owners",
      ],
      "api/generateCharactersWithAi.test.ts": ["must belong to the caller"],
      "api/uploadReuse.test.ts": [
        "never finds another owner's image, nor one that is pending or rejected",
      ],
    },
  },
  {
    attack: "another owner's dataset, export or picture in a zip",
    defence:
      "404 as if it did not exist; a dataset takes, and a zip contains, only published images that are its owner's when the export is requested; with a deleted image every zip is erased that contains it",
    tests: {
      "security/datasetsOfOthers.test.ts": [
        "another owner's dataset does not exist in",
        "another owner's export does not exist in",
        "another owner's image that",
      ],
      "api/exports.test.ts": ["ends as failed when"],
    },
  },
  {
    attack:
      "a name, trigger word or class that makes a zip write elsewhere when it is unpacked (zip slip), end in a reserved name, or look like another file",
    defence:
      "files in a zip have numbers; its folder of `kohya` and its own name have no separators, control or invisible characters and nothing that Windows forbids or drops",
    tests: {
      "security/zipNames.test.ts": [
        "the zip of an export with these words in its names can be unpacked anywhere:",
      ],
    },
  },
  {
    attack: "the same request many times at once, to act or to publish twice",
    defence:
      "an idempotency key of an owner and a route is stored in the transaction of what it did; an upload is completed once",
    tests: {
      "api/worlds.test.ts": ["an idempotency key"],
      "api/uploads.test.ts": ["that is completed again, or twice at once, gives the same image"],
      "api/telegramPhotos.test.ts": [
        "that is delivered five times at once is published and answered once",
      ],
      "workers/erasing.test.ts": ["never removes an object twice when two sweeps run at once"],
    },
  },
  {
    attack:
      "other bytes, another type, key or bucket through a presigned URL; using it twice, or after it has expired",
    defence:
      "all of these are signed, and the key must not exist yet; the object is read back and compared again",
    tests: {
      "api/presignedPut.test.ts": [
        "is signed over host, content type, length, SHA-256 and if-none-match",
        "is rejected by R2 for other bytes, another length, type or key, and stores nothing",
        "works once: R2 answers a replay with 412, even after completion and a sweep",
        "is rejected by R2 once it has expired, and stores nothing",
      ],
      "api/completeUpload.test.ts": ["when the object is not the one that was declared"],
      "api/presignUpload.test.ts": [
        "expires when its row says, also when the request waited for others of its owner",
      ],
    },
  },
  {
    attack:
      "another operation through a presigned URL: CopyObject, ACL, metadata, headers to store",
    defence: "headers that are not signed are refused or do nothing; the doctor asks the real R2",
    tests: {
      "api/presignedPut.test.ts": [
        "is rejected by R2 with an unsigned",
        "stores no cache-control that is not signed, which browsers add",
        "accepts headers that a presigned URL covers, and refuses each that it does not",
        "refuses headers that a signature in the Authorization header does not cover",
      ],
      "adapters/r2.test.ts": ["does or stores no more than the URL signs"],
      "ops/doctor.test.ts": [
        "reports a storage that obeys headers that a presigned URL does not sign",
      ],
    },
  },
  {
    attack: "writing a public object with the keys that presign URLs",
    defence: "a pair of its own, whose token reaches the incoming bucket only",
    tests: {
      "local/r2Permissions.test.ts": [
        "write a public object",
        "publish an upload by copying it",
        "cannot presign a URL of a public object",
      ],
      "infra/lambdaBundles.test.ts": [
        "the functions that answer images hold R2's web keys, and presignUpload holds no others",
      ],
      "ops/doctor.test.ts": [
        "reports web keys that reach public objects, and removes what they wrote",
      ],
      "api/presignedPut.test.ts": [
        "is signed with the web keys, which R2 refuses in the public bucket, and its object is published",
      ],
    },
  },
  {
    attack: "overwriting a public object",
    defence: "we choose the keys from ids, and write each once",
    tests: {
      "adapters/r2.test.ts": ["refuses other bytes under a key that is taken"],
      "workers/uploadPortraits.test.ts": ["never overwrites an object: other bytes under its key"],
    },
  },
  {
    attack: "a published file that a browser takes for another type",
    defence:
      "the type is that of the bytes; `x-content-type-options: nosniff` from the local CDN and from a rule of the zone, which the doctor checks",
    tests: {
      "infra/bucketLinks.test.ts": ["a managed zone sends nosniff with every image"],
      "ops/doctor.test.ts": ["prints the rule that makes a domain send nosniff"],
    },
  },
  {
    attack: "paths, hosts and scripts in names",
    defence: "a file name is for display only; it is in no key and no URL",
    tests: { "api/presignUpload.test.ts": ["may have any file name"] },
  },
  {
    attack: "filling the storage",
    defence:
      "at most 20 uploads and 200 MB pending, 200 live URLs whatever became of their uploads, `OWNER_BYTES`, 200 pieces a world, throttling",
    tests: {
      "api/presignUpload.test.ts": [
        "may have 20 pending uploads, and learns when to retry",
        "may have 200 MB of pending uploads",
      ],
      "api/cancelUpload.test.ts": [
        "may have 200 live URLs, whatever became of them, and 20 of them pending",
      ],
      "api/ownerBytes.test.ts": ["is refused an upload that does not fit, to the byte"],
      "api/worlds.test.ts": ["holds 200 pieces and no more"],
      "api/replacePortrait.test.ts": ["is at most 3 MB, however noisy the image"],
      "infra/api.test.ts": ["requests are throttled"],
    },
  },
  {
    attack: "a forged Update",
    defence:
      "the secret, compared in constant time; without a configured secret every Update is rejected",
    tests: {
      "api/telegramWebhook.test.ts": [
        "rejects requests without its secret",
        "a webhook whose secret is not configured accepts no request",
      ],
    },
  },
  {
    attack: "making us fetch from elsewhere (SSRF)",
    defence:
      "two platforms, exact origins, one form of URL, no redirects, no dot segments or escaped separators in paths. By URL: https, the stage's hosts, no port or credentials, at most three redirects within the same rules, and a socket that connects only to the public addresses that were checked",
    tests: {
      "adapters/urlFiles.test.ts": [
        "does not follow a redirect to",
        "is refused at the fourth redirect",
        "a name of the list",
        "an address is public, or not",
        "may not be",
        "REHOST_HOSTS cannot name",
      ],
      "api/rehostUrls.test.ts": ["a URL that may not be fetched"],
      "adapters/telegramAndDiscord.test.ts": [
        "is fetched from its own origin only",
        "is not requested at",
        "a URL of a Discord attachment",
        "is downloaded from a configured origin and no other",
      ],
      "adapters/aiGenerators.test.ts": ["does not download from a private address"],
      "api/rehostImage.test.ts": ["cannot re-host a URL that is not a file of the platform"],
    },
  },
  {
    attack: "the signature of a URL to re-host",
    defence:
      "stored until the image is published or rejected, as part of the URL, and nowhere else: identities are hashes, and no error, answer or log has it",
    tests: {
      "api/rehostUrls.test.ts": [
        "is in the row until the image is published, and in no hash, log or answer",
        "is in no row, log or error of an image that is rejected",
        "of an image of Discord's is not stored again either",
      ],
    },
  },
  {
    attack:
      "a file server that never ends, sends a byte at a time, switches protocols, or whose connection does not come about",
    defence:
      "bytes are counted as they arrive; after 20 s the call ends and its socket is destroyed, whatever the server does",
    tests: {
      "adapters/telegramAndDiscord.test.ts": [
        "that stalls is abandoned at the deadline",
        "that arrives a byte at a time still has a size limit",
      ],
      "adapters/deadlines.test.ts": [
        "ends by its deadline when",
        "a connection that does not come about ends by the deadline",
      ],
      "adapters/aiGenerators.test.ts": ["disconnects when the response is endless"],
    },
  },
  {
    attack: "stealing a Telegram account's images with a link",
    defence:
      "one use, valid for 10 minutes, only for the first account that opens it, and only that account's button links it",
    tests: {
      "api/linkTelegram.test.ts": [
        "is refused for a link that was used, has expired, or was first opened by another account",
        "is refused when the account is linked to another owner",
      ],
    },
  },
  {
    attack: "a caller's name that makes the bot's question read as something else",
    defence:
      "the bot shows 64 characters of it in one line, without control and formatting characters",
    tests: {
      "security/badText.test.ts": [
        "a caller may have any name in the token: the bot shows it in one line",
      ],
    },
  },
  {
    attack: "filling the table of links to Telegram accounts",
    defence: "at most 10 of an owner that are neither used nor expired; 429",
    tests: {
      "api/linkTelegram.test.ts": [
        "has at most 10 links that are neither used nor expired, also when they are requested at once",
      ],
    },
  },
  {
    attack: "pictures of several people under one Telegram owner",
    defence: "what is sent on behalf of a chat is not stored",
    tests: {
      "api/telegramGroups.test.ts": [
        "a picture that is sent on behalf of a chat is not stored, and the bot says once why:",
        "a picture of a member of a group belongs to that member",
      ],
    },
  },
  {
    attack: "an Update that fails for good, which Telegram repeats for a day",
    defence: "a reply that Telegram refuses is logged, and the Update is answered with 200",
    tests: {
      "api/telegramReplyFails.test.ts": [
        "an Update whose reply fails gets a 200 and a line in the log, because of",
      ],
    },
  },
  {
    attack: "a platform or AI provider that asks for a wait without end",
    defence: "a wait is at most an hour",
    tests: {
      "adapters/retryAfter.test.ts": ["a wait of"],
      "api/telegramReplyFails.test.ts": [
        "a picture whose platform asks for a wait of centuries is tried again within an hour",
      ],
    },
  },
  {
    attack: "the bot's token, in file URLs",
    defence: "never stored, logged, returned or kept in an error",
    tests: {
      "workers/rehostImages.test.ts": [
        "the bot's token is in no row, no log and no reply, even after failures",
      ],
      "adapters/telegramAndDiscord.test.ts": ["the bot's token is in no error"],
    },
  },
  {
    attack: "secrets and images in logs, files and plans",
    defence:
      "only named fields are logged; secrets are marked as such; only its owner can read the local system's folder",
    tests: {
      "local/start.test.ts": [
        "logs requests, and neither images nor secrets",
        "keeps its files in a folder that only their owner can read",
        "prints the database's URL without its password",
      ],
      "adapters/aiGenerators.test.ts": ["no error or console output holds"],
      "infra/plan.test.ts": ["no secret is in a property that is not marked as secret"],
    },
  },
  {
    attack: "pages of other origins",
    defence: "CORS lists for the API and each bucket; tokens, no cookies",
    tests: {
      "client/browser.test.ts": [
        "is blocked from the API and the bucket unless its origin is allowed",
      ],
      "local/apiGateway.test.ts": ["allows pages of the listed origins, and of no others"],
      "infra/bucketLinks.test.ts": [
        "web pages may read from the images bucket and not write to it",
      ],
    },
  },
  {
    attack:
      "a web page that reaches the servers of `npm start` through a name that resolves to 127.0.0.1 (DNS rebinding), or by forms, images and `fetch`",
    defence:
      "every local server refuses a Host other than this machine's (421) and a change that a page of another origin asks for (403); by default pages at other ports of this machine may ask for what needs a credential; the Telegram stand-in sends webhooks of the system's bot to the system's API only, and for bots of one's own sends webhooks to and fetches files from any port of this machine, without following redirects; the local SQS verifies signatures",
    tests: {
      "local/hostAndOrigin.test.ts": [
        "responds at each name of this machine with its own port",
        "refuses every other Host",
        "answers several Hosts with 400",
        "refuses a change that another page asks for, with an Origin or without",
        "serves programs, its own pages and those of WEB_ORIGINS",
        "a page cannot set the bot's webhook, and a program only to this system's API",
      ],
      "local/telegram/getUpdates.test.ts": [
        "the webhook and the files of an own bot are on this machine, and no redirect is followed",
      ],
      "adapters/telegramAndDiscord.test.ts": [
        "must be the API of this system, with a secret that is a valid header value",
      ],
      "local/sqs.test.ts": [
        "the local SQS rejects",
        "rejects a request without a signature, or with another body or action than was signed",
      ],
    },
  },
  {
    attack: "injected scripts, framing, a page that sends data to other hosts",
    defence:
      "one Content-Security-Policy, locally and on CloudFront: own scripts only, trusted types, named origins, no frames; tokens last as long as the tab. Every test in `test/studio` fails when the page does what its policy forbids",
    tests: {
      "local/cloudFront.test.ts": [
        "writes the settings into the page, where they cannot close the script element",
        "has no file",
        "sends the security headers with every response",
      ],
      "infra/studio.test.ts": [
        "the page has the same security headers as on a developer's machine",
      ],
      "studio/firstLoad.test.ts": ["index.html has no inline style, script or handler"],
      "studio/issuer.test.ts": ["a made-up code is rejected"],
    },
  },
  {
    attack: "staying public after deletion",
    defence:
      "hidden from readers at once, objects removed twice; every copy in the CDN's cache purged, by URL and by prefix",
    tests: {
      "api/deletions.test.ts": [
        "hides it at once, removes its objects, and returns a receipt",
        "removes what a worker in flight wrote after the first removal",
      ],
      "workers/erasing.test.ts": [
        "removes every copy: plain, of each page's origin, and with a query string",
        "is repeated for an object that was written again after its first removal",
        "is on time when the clock of the function is",
      ],
      "api/eraseOwner.test.ts": ["removes everything of the owner"],
    },
  },
  {
    attack: "an owner whose many deletions delay those of all other owners",
    defence:
      "owners take turns, and an object's first removal is within `SWEEP_MINUTES` (1) and 30 s; purges too",
    tests: {
      "workers/erasing.test.ts": [
        "removes an owner's image soon while another owner waits for 10,000 removals",
        "does more than one batch in a sweep",
        "by prefix keeps to Cloudflare's 5 calls a minute on the Free plan, for all owners in turns",
      ],
    },
  },
  {
    attack: "a receipt that says more than was done, after failures",
    defence:
      "a failed removal or purge is repeated until it succeeds, and the receipt counts what is done",
    tests: {
      "workers/erasing.test.ts": [
        "is confirmed only when every object is purged after its removal, however many others are",
        "does not count a failed removal as done, and repeats it when its lease has ended",
        "is repeated after the last removal too",
      ],
      "ops/doctor.test.ts": ["reports that the CDN does not purge"],
    },
  },
  {
    attack:
      "old versions and copies of a picture: a replaced portrait, a portrait made of a deleted image",
    defence:
      "replaced portraits are erased 24 h after their successor is published; an image is not deleted while a portrait of its owner is made of it, or only with those portraits",
    tests: {
      "api/replacePortrait.test.ts": [
        "stays public for 24 hours after its successor is published, and is then erased",
        "is erased with its world at once, whatever was replaced before",
      ],
      "api/deletions.test.ts": [
        "is rejected while portraits are made of it",
        "with force takes the portraits that are made of it, published and pending",
      ],
    },
  },
  {
    attack: "staying public although the upload was never completed, or the image was rejected",
    defence:
      "the objects of an upload that expires after an attempt to publish it, and of an image that is rejected after one, are erased; the audit finds others",
    tests: {
      "workers/attempts.test.ts": [
        "after a worker died that had published it leaves nothing public",
        "that is rejected after an earlier attempt may have stored it leaves nothing public",
      ],
      "workers/telegramReplies.test.ts": [
        "a picture that is rejected after a worker died that had stored it is not left public",
      ],
      "ops/audit.test.ts": [
        "finds the object of a rejected upload that nothing erases",
        "knows a replaced portrait as being erased, and finds one that is not",
      ],
    },
  },
  {
    attack: "malformed messages in a queue",
    defence: "an invalid message fails alone and ends in the dead-letter queue",
    tests: {
      "workers/uploadPortraits.test.ts": [
        "reports invalid messages, and publishes the rest of the batch",
        "reports a message with version",
        "ignores a message for another version",
      ],
      "faults/queueDown.test.ts": ["an invalid message ends in the dead-letter queue"],
    },
  },
  {
    attack:
      "queues without consumers, and consumers that die: rows that fail untried, lost replies",
    defence:
      "only attempts that were made count, each before the work; what a queue lost is sent again, and a reply that is owed is sent once",
    tests: {
      "workers/attempts.test.ts": ["a portrait"],
      "workers/sweep.test.ts": ["queues everything again after the queue was lost, however often"],
      "workers/telegramReplies.test.ts": ["the sender of a picture"],
      "ops/deadLetters.test.ts": ["failed rows"],
    },
  },
  {
    attack: "a transaction pooler, which hangs when queries are sent ahead of answers",
    defence: "a connection has one query at a time",
    tests: {
      "adapters/postgres.test.ts": [
        "answers 300 concurrent queries and transactions behind a pooler that hangs when queries are sent ahead",
      ],
    },
  },
  {
    attack: "a database that refuses, freezes, resets or loses connections",
    defence:
      "503 with `retry-after`, never 500; a dead connection is replaced before a query is sent on it; `/health` answers within 5 s",
    tests: {
      "adapters/postgres.test.ts": [
        "after the container was frozen is replaced before a query is sent on it",
        "that was closed while idle is replaced",
        "that is lost in a transaction rejects it, and the next one gets a new connection",
        "answers or rejects every query and transaction, whenever it is reset",
        "is refused as unavailable when Postgres has none left or is starting",
      ],
      "faults/databaseDown.test.ts": ["A request", "GET /health"],
    },
  },
  {
    attack: "workers that lock the same rows in opposite orders",
    defence: "statements on several rows take them in the order of their keys",
    tests: { "faults/lockOrder.test.ts": ["the statement that", "never deadlock:"] },
  },
  {
    attack: "responses that are lost, cut off or refused once",
    defence: "the client repeats what is safe to repeat, after `retry-after`",
    tests: {
      "client/retries.test.ts": ["client.upload", "The client"],
      "client/upload.test.ts": ["client.upload"],
    },
  },
  {
    attack: "reads that are cut short or altered, writes that store other bytes",
    defence: "bytes and SHA-256 are compared with the row; read again up to 3 times, then later",
    tests: { "faults/alteredResponses.test.ts": ["an upload", "a portrait", "a write"] },
  },
  {
    attack: "a dependency that reaches into the core",
    defence: "imports go in one direction only, and a test reads them",
    tests: { "structure/imports.test.ts": ["does not know events, AWS or SST"] },
  },
];

/** The files of these tests. */
export const attackFiles = [
  ...new Set(attackClasses.flatMap(({ tests }) => Object.keys(tests))),
].sort();

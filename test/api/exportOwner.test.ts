import { describe, expect } from "vitest";
import { datasetToExport } from "../support/exports/datasetToExport.ts";
import { exported, upload, worldOf } from "../support/exports/everything.ts";
import { filesOf, writeExport } from "../support/exports/writeExport.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, sha256Of } from "../support/uploadRequests.ts";

describe("an export of everything", () => {
  test("holds published images of every visibility and account as they are stored, portraits, and all texts", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const sea = await upload(owner, "#102030", "The sea: café|42\u202e.png");
    const secret = await upload(owner, "#203040", "diary.PNG", "private");
    const linked = await upload(owner, "#304050", "sent.png");
    await stack.sql`insert into telegram_accounts values (8101, ${`user:${sub}`})`;
    await stack.sql`
      update images set owner_id = 'telegram:8101', platform = 'telegram', platform_ref = 'x 8101', filename = null
      where image_id = ${linked.image_id}
    `;
    await client.updateImage({
      image_id: sea.image_id,
      ...{ alt: "The sea", caption: "At dusk\n“calm”", tags: ["sea"] },
    });
    const { world_id, piece_id } = await worldOf(stack, owner, "Mira / Holm");
    const { dataset } = await client.createDataset({ name: "Seas", trigger_word: "TOK" });
    const { dataset_id } = dataset;
    const item = { image_id: sea.image_id, caption: "TOK", control_image_id: secret.image_id };
    await client.putDatasetItems({ dataset_id, items: [item, { image_id: linked.image_id }] });
    await client.presignUpload({ content_type: "image/png", size: 1, sha256: "0".repeat(64) });

    const answer = await request(stack, "POST", "/me/exports", { sub });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        export: {
          ...{ dataset_id: null, name: "Everything", layout: "everything", options: {}, items: 4 },
          ...{ status: "pending", error: null, files: [], warnings: [], expires_at: null },
        },
      },
    });
    const ready = await exported(stack, owner);
    expect(ready).toMatchObject({
      export_id: answer.body.export.export_id,
      status: "ready",
      files: [{ filename: "keepsake-everything.zip" }],
    });
    const files = await filesOf(ready.files);
    const portrait = `portraits/Mira - Holm_${piece_id}.png`;
    const names = [
      `images/The sea- café-42_${sea.image_id}.png`,
      `images/diary_${secret.image_id}.png`,
      `images/${linked.image_id}.png`,
    ];
    expect(files.map(({ name }) => name)).toEqual([
      ...["worlds.json", "images.jsonl", "datasets.json", portrait, ...names],
    ]);

    const [worlds, images, datasets, portraitBytes, ...pictures] = files.map(({ bytes }) => bytes);
    const world = (await client.getWorld({ world_id })).world;
    expect(JSON.parse(String(worlds))).toMatchObject([
      {
        ...{ world_id, theme: "norse", title: "Ashfall", created_at: world.created_at },
        pieces: world.pieces.map(({ portrait_status: _, portrait_error: __, ...piece }) => ({
          ...piece,
          portrait: piece.piece_id === piece_id ? portrait : null,
        })),
      },
    ]);
    const url = world.pieces.find((piece) => piece.piece_id === piece_id)!.details.image_portrait;
    expect(portraitBytes!.equals(await bytesAt(url as string))).toBe(true);
    const sent = [sea, secret, linked];
    expect(pictures.map(sha256Of)).toEqual(sent.map(({ sha256 }) => sha256));
    const lines = String(images).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        ...{ file: names[0], image_id: sea.image_id, alt: "The sea", caption: "At dusk\n“calm”" },
        ...{ tags: ["sea"], visibility: "public", platform: "web", url: sea.url },
        ...{ sha256: sea.sha256, bytes: sea.bytes, width: 48, height: 48 },
        created_at: sea.created_at,
      },
      { file: names[1], image_id: secret.image_id, visibility: "private", url: null, tags: [] },
      { file: names[2], image_id: linked.image_id, platform: "telegram", filename: null },
    ]);
    expect(JSON.parse(String(datasets))).toMatchObject([
      {
        ...{ dataset_id, name: "Seas", trigger_word: "TOK" },
        items: [item, { image_id: linked.image_id, caption: null, control_image_id: null }],
      },
    ]);
  });

  test("of an owner with nothing is a zip with the text files", async ({ stack, owner }) => {
    const ready = await exported(stack, owner);
    expect(ready).toMatchObject({ status: "ready", items: 0 });
    const files = await filesOf(ready.files);
    expect(files.map(({ name, bytes }) => [name, String(bytes)])).toEqual([
      ["worlds.json", "[\n]\n"],
      ["images.jsonl", ""],
      ["datasets.json", "[\n]\n"],
    ]);
  });

  test("is the ready one while nothing has changed, and another one with the same bytes once that has expired", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const image = await upload(owner, "#405060", "a.png");
    const { world_id } = await worldOf(stack, owner);
    await datasetToExport(client);
    const first = await exported(stack, owner);
    expect(await request(stack, "POST", "/me/exports", { sub })).toMatchObject({
      status: 200,
      body: { export: { export_id: first.export_id, files: [{}] } },
    });
    const leftovers = await stack.sql`select distinct export_id from export_items
      where export_id in (select export_id from exports where owner_id = ${`user:${sub}`})`;
    expect(leftovers).toEqual([{ export_id: first.export_id }]);

    await stack.sql`update exports set expires_at = now() where export_id = ${first.export_id}`;
    const second = await exported(stack, owner);
    expect(second.export_id).not.toBe(first.export_id);
    expect(second.files[0]!.sha256).toBe(first.files[0]!.sha256);

    const changes = [
      () => client.updateImage({ image_id: image.image_id, caption: "Another" }),
      () => client.updateWorld({ world_id, title: "Another" }),
    ];
    let last = second;
    for (const change of changes) {
      await change();
      const next = await exported(stack, owner);
      expect(next.export_id).not.toBe(last.export_id);
      expect(next.files[0]!.sha256).not.toBe(last.files[0]!.sha256);
      last = next;
    }
  });

  test("holds what there was when it was requested", async ({ stack, owner }) => {
    const { client } = owner;
    const { image_id } = await upload(owner, "#506070", "a.png");
    await client.updateImage({ image_id, caption: "Before" });
    const { world_id } = await worldOf(stack, owner);
    const { export_id } = (await client.exportOwner()).export;
    await client.updateImage({ image_id, caption: "After", filename: "b.png" });
    await client.updateWorld({ world_id, title: "After" });
    await upload(owner, "#607080", "late.png");
    await writeExport(stack, export_id);
    const ready = (await client.getExport({ export_id })).export;
    const text = Buffer.concat((await filesOf(ready.files)).map(({ bytes }) => bytes));
    expect([text.includes("Before"), text.includes("After"), ready.items]).toEqual([
      ...[true, false, 2],
    ]);
  });

  test("runs alone, and counts for itself: five in 24 hours besides those of datasets", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id } = await datasetToExport(client);
    const ofDataset = (size: number) =>
      client.createExport({ dataset_id, layout: "pairs", size }).then((sent) => sent.export);
    const { export_id } = await ofDataset(64);
    await expect(client.exportOwner()).rejects.toMatchObject({
      code: "export.running",
      details: { export_id, dataset_id },
    });
    await client.deleteExport({ export_id });
    for (const size of [65, 66, 67, 68])
      await client.deleteExport({ export_id: (await ofDataset(size)).export_id });

    for (let started = 1; started <= 5; started += 1) {
      const { export: begun } = await client.exportOwner();
      expect((await client.exportOwner()).export.export_id).toBe(begun.export_id);
      await expect(ofDataset(70)).rejects.toMatchObject({ code: "export.running" });
      await client.deleteExport({ export_id: begun.export_id });
      expect((await client.getOwner()).usage).toMatchObject({
        started_exports: 5,
        started_owner_exports: started,
      });
    }
    const refused = await client.exportOwner().catch((error) => error);
    expect(refused).toMatchObject({ code: "export.too_many" });
    expect(refused.retryAfterSeconds).toBeGreaterThan(86_000);
    await stack.sql`
      update exports set created_at = created_at - interval '1 day'
      where owner_id = ${`user:${sub}`} and layout = 'everything'
    `;
    await expect(ofDataset(70)).rejects.toMatchObject({ code: "export.too_many" });
    expect((await client.exportOwner()).export.status).toBe("pending");
  });

  test("starts once when it is requested twice at once", async ({ owner: { client } }) => {
    const answers = await Promise.all([client.exportOwner(), client.exportOwner()]);
    const ids = new Set(answers.map((answer) => answer.export.export_id));
    expect(ids.size).toBe(1);
  });

  test("leaves out pictures whose files are lost, and names them", async ({
    stack,
    owner,
    task,
  }) => {
    task.meta.cases = 3;
    const kept = await upload(owner, "#708090", "kept.png");
    const lost = await upload(owner, "#8090a0", "lost.png");
    const altered = await upload(owner, "#90a0b0", "altered.png");
    const { piece_id } = await worldOf(stack, owner);
    await stack.sql`update images set key = 'images/none.png' where image_id = ${lost.image_id}`;
    await stack.sql`update images set key = (select key from images where image_id = ${kept.image_id}),
      bytes = ${kept.bytes} where image_id = ${altered.image_id}`;
    await stack.sql`
      update lore_pieces
      set details = jsonb_set(details, '{image_portrait}',
        to_jsonb(replace(details ->> 'image_portrait', '_portrait.png', '_portrait_v7.png')))
      where piece_id = ${piece_id}
    `;
    const files = await filesOf((await exported(stack, owner)).files);
    const named = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
    expect(Object.keys(named)).toEqual([
      ...["worlds.json", "images.jsonl", "datasets.json"],
      ...[`images/kept_${kept.image_id}.png`, "missing.jsonl"],
    ]);
    const missing = String(named["missing.jsonl"]).trimEnd().split("\n");
    expect(missing.map((line) => JSON.parse(line))).toEqual([
      { file: `portraits/Mira_${piece_id}.png`, image_id: null, piece_id, reason: "gone" },
      {
        ...{ file: `images/lost_${lost.image_id}.png`, image_id: lost.image_id, piece_id: null },
        reason: "gone",
      },
      {
        ...{ file: `images/altered_${altered.image_id}.png`, image_id: altered.image_id },
        ...{ piece_id: null, reason: "altered" },
      },
    ]);
  });

  test("of 4 GB is several zips of at most 2 GB, of which all can be unpacked into one folder", async ({
    stack,
    owner,
  }) => {
    const kept = await upload(owner, "#a0b0c0", "kept.png");
    const huge = await upload(owner, "#a0b0c1", "huge.png");
    await stack.sql`
      insert into images
      select (jsonb_populate_record(i, jsonb_build_object('image_id', gen_random_uuid()))).*
      from images i where i.image_id = ${huge.image_id}
    `;
    await stack.sql`
      update images set bytes = 1999999000 where owner_id = ${`user:${owner.sub}`} and filename = 'huge.png'
    `;
    const ready = await exported(stack, owner);
    expect(ready.files.map(({ filename }) => filename)).toEqual([
      "keepsake-everything-1-of-2.zip",
      "keepsake-everything-2-of-2.zip",
    ]);
    const names = (await filesOf(ready.files)).map(({ name }) => name);
    const expected = ["worlds.json", "images.jsonl", "datasets.json", "missing-1.jsonl"];
    expect(names.toSorted()).toEqual(
      [...expected, `images/kept_${kept.image_id}.png`, "missing-2.jsonl"].toSorted(),
    );
  });
});

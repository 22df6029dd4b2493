import { randomUUID } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import { newOwner, request, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

const notFound = { code: "dataset.not_found" };

describe("a dataset", () => {
  test("is created empty, read, listed and changed", async ({ owner: { client } }) => {
    const { dataset } = await client.createDataset({ name: "Harbours", trigger_word: "hrbr" });
    expect(dataset).toEqual({
      dataset_id: expect.any(String),
      name: "Harbours",
      trigger_word: "hrbr",
      item_count: 0,
      bytes: 0,
      cover: null,
      warnings: [{ code: "few_images", count: 0, image_ids: [] }],
      created_at: expect.any(String),
      updated_at: dataset.created_at,
    });
    const { dataset_id } = dataset;
    expect(await client.getDataset({ dataset_id })).toEqual({ dataset });

    const change = async (changes: object) =>
      (await client.updateDataset({ dataset_id, ...changes })).dataset;
    expect(await change({ name: "Piers" })).toMatchObject({ name: "Piers", trigger_word: "hrbr" });
    expect(await change({ trigger_word: null })).toMatchObject({
      name: "Piers",
      trigger_word: null,
    });
    const changed = await change({ trigger_word: "pier" });
    expect(changed).toEqual({
      ...dataset,
      ...{ name: "Piers", trigger_word: "pier", updated_at: changed.updated_at },
    });
    expect(Date.parse(changed.updated_at)).toBeGreaterThan(Date.parse(dataset.created_at));
    const { warnings: _, ...summary } = changed;
    expect(await client.listDatasets()).toEqual({ datasets: [summary], next_cursor: null });
  });

  test("has its first image as its cover, with a URL also when that is private", async ({
    owner: { client },
  }) => {
    const { dataset } = await client.createDataset({ name: "Harbours" });
    const { dataset_id } = dataset;
    const secret = await client.upload(fileOf(await png(600, "#0d0001")), {
      visibility: "private",
    });
    const open = await client.upload(fileOf(await png(600, "#0d0002")));
    const items = [secret, open].map(({ image_id }) => ({ image_id }));
    await client.putDatasetItems({ dataset_id, items });
    const bytes = secret.bytes! + open.bytes!;
    const { datasets } = await client.listDatasets();
    expect(datasets).toMatchObject([
      { item_count: 2, bytes, cover: { image_id: secret.image_id } },
    ]);
    expect((await fetch(datasets[0]!.cover!.url!)).status).toBe(200);
    const read = (await client.getDataset({ dataset_id })).dataset;
    expect(read).toMatchObject({ item_count: 2, bytes, cover: { image_id: secret.image_id } });
  });

  test("is created once for repeated requests with the same key", async ({ owner: { client } }) => {
    const options = { idempotencyKey: randomUUID() };
    const all = await Promise.all(
      [1, 2, 3].map(() => client.createDataset({ name: "Harbours" }, options)),
    );
    expect(new Set(all.map(({ dataset }) => dataset.dataset_id)).size).toBe(1);
    const [{ dataset }] = all as [(typeof all)[0]];
    expect((await client.listDatasets()).datasets).toHaveLength(1);
    await expect(client.createDataset({ name: "Piers" }, options)).rejects.toMatchObject({
      code: "idempotency_key.reused",
    });
    await client.deleteDataset(dataset);
    await expect(client.createDataset({ name: "Harbours" }, options)).rejects.toMatchObject(
      notFound,
    );
  });

  test("is deleted without its images", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
    const [image_id] = (await insertImages(stack, owner, [{}])) as [string];
    await client.putDatasetItems({ dataset_id, items: [{ image_id }] });
    expect(await client.deleteDataset({ dataset_id })).toBeUndefined();
    await expect(client.getDataset({ dataset_id })).rejects.toMatchObject(notFound);
    await expect(client.deleteDataset({ dataset_id })).rejects.toMatchObject(notFound);
    expect((await client.listDatasets()).datasets).toEqual([]);
    expect((await client.getImage({ image_id })).image.status).toBe("published");
    expect(await stack.sql`select 1 from dataset_items where image_id = ${image_id}`).toEqual([]);
  });

  test("of another owner is not found by any route, and not listed", async ({ stack, owner }) => {
    const { dataset } = await owner.client.createDataset({ name: "Harbours" });
    const { dataset_id } = dataset;
    const [own] = (await insertImages(stack, owner, [{}])) as [string];
    await owner.client.putDatasetItems({ dataset_id, items: [{ image_id: own, caption: "A" }] });
    const before = await owner.client.listDatasetItems({ dataset_id });
    const other = newOwner(stack);
    const [image_id] = (await insertImages(stack, other, [{}])) as [string];
    const metadata = `{"file_name":"${own}.png","text":"B"}`;
    const calls = [
      () => other.client.getDataset({ dataset_id }),
      () => other.client.updateDataset({ dataset_id, name: "Mine" }),
      () => other.client.listDatasetItems({ dataset_id }),
      () => other.client.putDatasetItems({ dataset_id, items: [{ image_id }] }),
      () => other.client.deleteDatasetItem({ dataset_id, image_id: own }),
      () => other.client.importCaptions({ dataset_id, metadata }),
      () => other.client.deleteDataset({ dataset_id }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(notFound);
    expect((await other.client.listDatasets()).datasets).toEqual([]);
    expect(await owner.client.listDatasetItems({ dataset_id })).toEqual(before);
    expect((await owner.client.getDataset({ dataset_id })).dataset.name).toBe("Harbours");
  });

  test.for<[string, object]>([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["a name of 201 characters", { name: "x".repeat(201) }],
    ["an empty trigger word", { name: "x", trigger_word: "" }],
    ["a blank name", { name: " \u3000" }],
    ["a line break in its name", { name: "Low\nsun" }],
    ["a blank trigger word", { name: "x", trigger_word: " " }],
    ["a line break in its trigger word", { name: "x", trigger_word: "TOK\nX" }],
    ["a line separator in its trigger word", { name: "x", trigger_word: "TOK\u2028X" }],
    ["a control character in its trigger word", { name: "x", trigger_word: "TOK\u0085" }],
    ["a trigger word of 51 characters", { name: "x", trigger_word: "x".repeat(51) }],
    ["an unknown field", { name: "x", colour: "red" }],
  ])("with %s is refused", async ([, body], { stack, owner: { sub } }) => {
    const answer = await request(stack, "POST", "/datasets", { sub, body });
    expect([answer.status, answer.body.error.code]).toEqual([422, "input.invalid"]);
  });

  test("is changed to no name or trigger word that it could not be created with", async ({
    owner: { client },
  }) => {
    const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
    for (const change of [{ name: "\t" }, { trigger_word: "" }, { trigger_word: "TOK\r\nX" }])
      await expect(client.updateDataset({ dataset_id, ...change })).rejects.toMatchObject({
        code: "input.invalid",
        details: { issues: [{ path: Object.keys(change)[0] }] },
      });
  });

  test("has no spaces around its name and its trigger word", async ({ owner: { client } }) => {
    const sent = { name: " Low sun ", trigger_word: " two words " };
    const { dataset } = await client.createDataset(sent);
    expect(dataset).toMatchObject({ name: "Low sun", trigger_word: "two words" });
    const { dataset_id } = dataset;
    const changed = await client.updateDataset({ dataset_id, trigger_word: "\u00a0TOK " });
    expect(changed.dataset.trigger_word).toBe("TOK");
  });

  test("is created without a trigger word by null, as answers have it", async ({
    owner: { client },
  }) => {
    const { dataset } = await client.createDataset({ name: "Harbours", trigger_word: null });
    expect(dataset.trigger_word).toBeNull();
  });
});

describe("datasets", () => {
  test("are listed newest first, in pages", async ({ owner: { client } }) => {
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await client.createDataset({ name });
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listDatasets({ limit: 2, ...(cursor && { cursor }) });
      listed.push(...page.datasets.map(({ name }) => name));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(listed).toEqual(names.toReversed());
    await expect(
      client.listWorlds({ cursor: (await client.listDatasets({ limit: 2 })).next_cursor! }),
    ).rejects.toMatchObject({ code: "input.invalid" });
  });

  test("are 200 at most for an owner, also when they are created at the same time", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    await stack.sql`
      insert into datasets (dataset_id, owner_id, name)
      select gen_random_uuid(), ${`user:${sub}`}, 'x' from generate_series(1, ${limits.datasets - 3})
    `;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => client.createDataset({ name: "x" })),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(5);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: "dataset.too_many" });
    const { usage, limits: ownerLimits } = await client.getOwner();
    expect([usage.datasets, ownerLimits.datasets, ownerLimits.dataset_items]).toEqual([
      200, 200, 1_000,
    ]);
    await expect(newOwner(stack).client.createDataset({ name: "x" })).resolves.toBeDefined();
  });
});

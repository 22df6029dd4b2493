import { randomUUID } from "node:crypto";
import { api, type Endpoint } from "@keepsake/contract/api";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import {
  newOwner,
  type Owner,
  request,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { validValue } from "./support/textFields.ts";

const named = (parameter: string) =>
  (Object.keys(routes) as RouteName[]).filter((name) => routes[name].path.includes(parameter));

describe("another owner's dataset does not exist in", () => {
  test.for(named("{dataset_id}"))("%s", async (name, { stack, owner }) => {
    const { dataset_id, image_id } = await datasetOf(owner);
    const { sub } = newOwner(stack);
    expect(await call(stack, name, sub, { dataset_id, image_id })).toEqual([
      404,
      "dataset.not_found",
    ]);
    const { dataset } = await owner.client.getDataset({ dataset_id });
    expect(dataset).toMatchObject({ name: "Cats", trigger_word: "TOK", item_count: 1 });
    expect((await owner.client.listExports({ dataset_id })).exports).toHaveLength(1);
  });

  test("listDatasets", async ({ stack, owner }) => {
    await datasetOf(owner);
    expect((await newOwner(stack).client.listDatasets()).datasets).toEqual([]);
  });
});

describe("another owner's export does not exist in", () => {
  test.for(named("{export_id}"))("%s", async (name, { stack, owner }) => {
    const { export_id } = await datasetOf(owner);
    const { sub } = newOwner(stack);
    expect(await call(stack, name, sub, { export_id })).toEqual([404, "export.not_found"]);
    expect((await owner.client.getExport({ export_id })).export.status).toBe("pending");
  });
});

describe("another owner's image", () => {
  test.for(["public", "private"] as const)(
    "that is %s is as one that does not exist, as an image of a dataset and as a control image",
    async (visibility, { stack, owner, task }) => {
      task.meta.cases = 2;
      const { client } = owner;
      const { dataset_id, image_id } = await datasetOf(owner);
      const put = (item: { image_id: string; control_image_id?: string }) =>
        client
          .putDatasetItems({ dataset_id, items: [item] })
          .catch(({ code, message, details }) => ({
            code,
            message,
            details,
          }));
      const theirs = await upload(newOwner(stack), visibility);
      for (const key of ["image_id", "control_image_id"]) {
        const [answer, expected] = await Promise.all(
          [theirs, randomUUID()].map(
            async (id) => [id, await put({ image_id, [key]: id })] as const,
          ),
        );
        expect(answer![1]).toMatchObject({ code: "image.not_published" });
        const unnamed = JSON.stringify(answer![1]).replaceAll(answer![0], expected![0]);
        expect(JSON.parse(unnamed)).toEqual(expected![1]);
      }
      const { items } = await client.listDatasetItems({ dataset_id });
      expect(items).toMatchObject([{ image: { image_id }, control_image: null }]);
    },
  );

  test("that was one's own is not exported, as an image and as a control image", async ({
    stack,
    owner,
    task,
  }) => {
    task.meta.cases = 2;
    const { client, sub } = owner;
    const telegram = { owner_id: "telegram:7401", visibility: "private" as const };
    const [theirs, control, own] = await insertImages(stack, owner, [telegram, telegram, {}]);
    await stack.sql`insert into telegram_accounts values (7401, ${`user:${sub}`})`;
    const { dataset } = await client.createDataset({ name: "Cats" });
    const { dataset_id } = dataset;
    const items = [{ image_id: theirs! }, { image_id: own!, control_image_id: control! }];
    await client.putDatasetItems({ dataset_id, items });
    await stack.sql`delete from telegram_accounts where telegram_user_id = 7401`;

    await expect(client.createExport({ dataset_id, layout: "control" })).rejects.toMatchObject({
      code: "dataset.control_missing",
      details: { image_ids: [own] },
    });
    const requested = await client.createExport({ dataset_id, layout: "pairs" });
    const { export_id } = requested.export;
    const exported = await stack.sql`
      select image_id, control_image_id from export_items where export_id = ${export_id}
    `;
    expect(exported).toEqual([{ image_id: own, control_image_id: null }]);
  });

  test("that is in a dataset of theirs is not named when one's own is deleted", async ({
    stack,
    owner,
  }) => {
    const { dataset_id, image_id } = await datasetOf(owner);
    await datasetOf(newOwner(stack));
    await expect(owner.client.deleteImage({ image_id })).rejects.toMatchObject({
      code: "image.in_use",
      details: { datasets: [{ dataset_id, name: "Cats" }] },
    });
  });
});

/** A dataset of one picture, and a pending export of it. */
async function datasetOf({ client }: Pick<Owner, "client">) {
  const image_id = await upload({ client }, "private");
  const { dataset } = await client.createDataset({ name: "Cats", trigger_word: "TOK" });
  const { dataset_id } = dataset;
  await client.putDatasetItems({ dataset_id, items: [{ image_id }] });
  const requested = await client.createExport({ dataset_id, layout: "pairs" });
  return { dataset_id, image_id, export_id: requested.export.export_id };
}

async function upload({ client }: Pick<Owner, "client">, visibility: "public" | "private") {
  const picture = fileOf(await png(32, `#${randomUUID().slice(0, 6)}`));
  return (await client.upload(picture, { visibility })).image_id;
}

/** Sends a valid request to a route about these rows, and resolves to the status and the code of its answer. */
async function call(stack: TestStack, name: RouteName, sub: string, ids: Record<string, string>) {
  const { method, path }: Route = routes[name];
  const { body }: Endpoint = api[name];
  const filled = path.replace(/\{(\w+)\}/g, (_, key) => ids[key]!);
  const options = { sub, ...(body && { body: validValue(body()) }) };
  const answer = await request(stack, method, filled, options);
  return [answer.status, answer.body.error?.code];
}

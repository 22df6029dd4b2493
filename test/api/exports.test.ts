import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { datasetToExport, messagesOf } from "../support/exports/datasetToExport.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { png } from "../support/images.ts";
import {
  deliver,
  newOwner,
  type Owner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, sha256Of } from "../support/uploadRequests.ts";

/** Writes the zips of an export, as its queue's consumer. */
async function write(stack: TestStack, export_id: string) {
  for (const message of await messagesOf(stack.sql, export_id))
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
}

/** Starts an export, and resolves to it once it is ready. */
async function readyExport(stack: TestStack, { client }: Owner, dataset_id: string) {
  const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
  await write(stack, export_id);
  return (await client.getExport({ export_id })).export;
}

const passADay = (stack: TestStack, { sub }: Owner) => stack.sql`
  update exports set created_at = created_at - interval '1 day' where owner_id = ${`user:${sub}`}
`;

describe("POST /datasets/{dataset_id}/exports", () => {
  test("answers 202, and once the zip is written GET /exports/{export_id} has a URL of a zip that Python reads", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id, images } = await datasetToExport(client, { trigger_word: "hrbr" });
    const path = `/datasets/${dataset_id}/exports`;
    const answer = await request(stack, "POST", path, { sub, body: { layout: "pairs" } });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        export: {
          ...{ dataset_id, name: "Harbours", layout: "pairs", options: {}, status: "pending" },
          ...{ error: null, items: 2, files: [], expires_at: null },
          warnings: [
            { code: "few_images" },
            { code: "small_images" },
            { code: "captions_missing" },
          ],
        },
      },
    });
    const { export_id } = answer.body.export;
    await write(stack, export_id);

    const ready = (await client.getExport({ export_id })).export;
    expect(ready).toMatchObject({ status: "ready", files: [{ filename: "harbours-pairs.zip" }] });
    const lifetime = Date.parse(ready.expires_at!) - Date.parse(ready.created_at);
    expect(lifetime).toBeGreaterThan(86_000_000);
    expect(lifetime).toBeLessThan(86_500_000);
    const [file] = ready.files;
    const bytes = await bytesAt(file!.url);
    expect([bytes.length, sha256Of(bytes)]).toEqual([file!.bytes, file!.sha256]);
    const disposition = (await fetch(file!.url)).headers.get("content-disposition");
    expect(disposition).toContain("harbours-pairs.zip");
    expect(await readByPython(bytes)).toEqual(
      expect.arrayContaining(images.map(({ sha256 }) => sha256)),
    );
  });

  test("answers 200 with the ready export when nothing has changed, and 202 with the running one", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id } = await datasetToExport(client);
    const send = (layout: string) =>
      request(stack, "POST", `/datasets/${dataset_id}/exports`, { sub, body: { layout } });
    const first = await send("pairs");
    expect(await send("pairs")).toMatchObject({ status: 202, body: first.body });
    await write(stack, first.body.export.export_id);
    const { export_id } = first.body.export;
    expect(await send("pairs")).toMatchObject({
      status: 200,
      body: { export: { export_id, status: "ready", files: [{}] } },
    });
    const other = await send("imagefolder");
    expect(other.status).toBe(202);
    expect(other.body.export.export_id).not.toBe(export_id);
  });

  test("begins another export when the ready one expires within an hour", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    const { export_id } = await readyExport(stack, owner, dataset_id);
    const expireIn = (minutes: number) => stack.sql`
      update exports set expires_at = now() + make_interval(mins => ${minutes})
      where export_id = ${export_id}
    `;
    const again = { dataset_id, layout: "pairs" as const };
    await expireIn(65);
    expect((await client.createExport(again)).export.export_id).toBe(export_id);
    await expireIn(55);
    expect((await client.createExport(again)).export).toMatchObject({
      export_id: expect.not.stringMatching(export_id),
      status: "pending",
    });
  });

  test("makes equal zips of equal datasets, and begins another export after a caption changed", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { dataset_id, images } = await datasetToExport(client);
    const first = await readyExport(stack, owner, dataset_id);
    await stack.sql`update exports set expires_at = now() where export_id = ${first.export_id}`;
    const second = await readyExport(stack, owner, dataset_id);
    expect(second.export_id).not.toBe(first.export_id);
    expect(second.files[0]!.sha256).toBe(first.files[0]!.sha256);

    const item = { image_id: images[0]!.image_id, caption: "A harbour at dawn" };
    await client.putDatasetItems({ dataset_id, items: [item] });
    const third = await readyExport(stack, owner, dataset_id);
    expect(third.export_id).not.toBe(second.export_id);
    expect(third.files[0]!.sha256).not.toBe(first.files[0]!.sha256);
  });

  test("exports the dataset as it was when it was requested", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id, images } = await datasetToExport(client);
    const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    const [first, second] = images;
    await client.deleteDatasetItem({ dataset_id, image_id: second!.image_id });
    const item = { image_id: first!.image_id, caption: "Something else" };
    await client.putDatasetItems({ dataset_id, items: [item] });
    await client.updateDataset({ dataset_id, name: "Ships", trigger_word: "ship" });
    await write(stack, export_id);

    const { export: ready } = await client.getExport({ export_id });
    expect(ready).toMatchObject({ name: "Harbours", items: 2, status: "ready" });
    const bytes = await bytesAt(ready.files[0]!.url);
    expect(bytes.includes("A harbour at dusk")).toBe(true);
    expect(bytes.includes("Something else")).toBe(false);
  });

  test("answers 409 while another export of the owner is running, and names it", async ({
    stack,
    owner: { client },
  }) => {
    const [{ dataset_id }, other] = await Promise.all([
      datasetToExport(client),
      datasetToExport(client, { side: 48 }),
    ]);
    const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    for (const another of [
      { dataset_id, layout: "pairs" as const, size: 64 },
      { dataset_id: other.dataset_id, layout: "pairs" as const },
    ])
      await expect(client.createExport(another)).rejects.toMatchObject({
        code: "export.running",
        details: { export_id, dataset_id },
      });
    await client.deleteExport({ export_id });
    const next = await client.createExport({ dataset_id: other.dataset_id, layout: "pairs" });
    expect(next.export.status).toBe("pending");
    expect(await messagesOf(stack.sql, export_id)).toEqual([]);
  });

  test("starts one export when two are requested at once", async ({ owner: { client } }) => {
    const datasets = await Promise.all([
      datasetToExport(client),
      datasetToExport(client, { side: 48 }),
    ]);
    const answers = await Promise.allSettled(
      datasets.map(({ dataset_id }) => client.createExport({ dataset_id, layout: "pairs" })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(answers.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "export.running" },
    });
  });

  test("answers 429 to the sixth export in 24 hours, deleted ones included", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    for (const size of [64, 65, 66, 67, 68]) {
      const { export_id } = (await client.createExport({ dataset_id, layout: "pairs", size }))
        .export;
      await client.deleteExport({ export_id });
    }
    const sixth = { dataset_id, layout: "pairs" as const };
    const refused = await client.createExport(sixth).catch((error) => error);
    expect(refused).toMatchObject({ code: "export.too_many" });
    expect(refused.retryAfterSeconds).toBeGreaterThan(86_000);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(86_400);
    await passADay(stack, owner);
    expect((await client.createExport(sixth)).export.status).toBe("pending");
  });

  test("rejects a dataset without images, and one without control images for the layout control", async ({
    owner: { client },
  }) => {
    const { dataset } = await client.createDataset({ name: "Empty" });
    await expect(
      client.createExport({ dataset_id: dataset.dataset_id, layout: "pairs" }),
    ).rejects.toMatchObject({ code: "dataset.empty" });

    const { dataset_id, images } = await datasetToExport(client);
    const [first, second] = images.map(({ image_id }) => image_id);
    const items = [{ image_id: first!, control_image_id: second! }];
    await client.putDatasetItems({ dataset_id, items });
    await expect(client.createExport({ dataset_id, layout: "control" })).rejects.toMatchObject({
      code: "dataset.control_missing",
      details: { image_ids: [second] },
    });
  });

  test("rejects an export of more than 20 GB, and takes it with a smaller size", async ({
    stack,
    owner: { client },
  }) => {
    const { dataset_id, images } = await datasetToExport(client);
    const image_ids = images.map(({ image_id }) => image_id);
    const setWidth = (width: number) => stack.sql`
      update images set content_type = 'image/webp', width = ${width}, height = 50000
      where image_id in ${stack.sql(image_ids)}
    `;
    const sent = { dataset_id, layout: "pairs" as const };
    await setWidth(50_000); // twice 10 GB
    const { export: largest } = await client.createExport(sent);
    await client.deleteExport(largest);
    await setWidth(50_001);
    await expect(client.createExport(sent)).rejects.toMatchObject({
      code: "export.too_large",
      message: expect.stringContaining("smaller `size`"),
    });
    expect((await client.createExport({ ...sent, size: 4_096 })).export.status).toBe("pending");
  });

  test("repeats images of kohya ten times by default, and refuses repeats and class of other layouts", async ({
    owner: { client },
  }) => {
    const { dataset_id } = await datasetToExport(client);
    const kohya = (await client.createExport({ dataset_id, layout: "kohya" })).export;
    expect(kohya.options).toEqual({ repeats: 10 });
    await client.deleteExport(kohya);
    const options = { repeats: 3, class: "cat", size: 512 };
    for (const layout of ["pairs", "imagefolder", "control"] as const)
      await expect(client.createExport({ dataset_id, layout, ...options })).rejects.toMatchObject({
        code: "input.invalid",
        details: { issues: [{ path: "repeats" }, { path: "class" }] },
      });
    const named = { dataset_id, layout: "kohya" as const, class: " \t" };
    await expect(client.createExport(named)).rejects.toMatchObject({
      details: { issues: [{ path: "class" }] },
    });
    const { export: pairs } = await client.createExport({ dataset_id, layout: "pairs", size: 512 });
    expect(pairs.options).toEqual({ size: 512 });
  });

  test("writes 301 images as two zips", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id, images } = await datasetToExport(client, { images: 1 });
    const { image_id } = images[0]!;
    await stack.sql`
      with copies as (
        insert into images
        select (jsonb_populate_record(i, jsonb_build_object('image_id', gen_random_uuid()))).*
        from images i, generate_series(1, 300) where i.image_id = ${image_id}
        returning image_id
      )
      insert into dataset_items (dataset_id, image_id, position)
      select ${dataset_id}, image_id, 10 + row_number() over () from copies
    `;
    const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    const [first, second] = await messagesOf(stack.sql, export_id);
    await deliver(stack, "ExportQueue", [second]);
    expect((await client.getExport({ export_id })).export).toMatchObject({
      status: "pending",
      files: [],
    });
    await deliver(stack, "ExportQueue", [first]);
    const { export: ready } = await client.getExport({ export_id });
    expect(ready.files.map(({ filename }) => filename)).toEqual([
      "harbours-pairs-1-of-2.zip",
      "harbours-pairs-2-of-2.zip",
    ]);
    const zips = await Promise.all(ready.files.map(({ url }) => bytesAt(url)));
    const pictures = await Promise.all(zips.map(readByPython));
    const { sha256 } = images[0]!;
    expect(pictures.map((list) => list.filter((each) => each === sha256).length)).toEqual([300, 1]);
  });
});

describe("GET /datasets/{dataset_id}/exports", () => {
  test("lists the exports newest first, without deleted ones", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    const first = await readyExport(stack, owner, dataset_id);
    const { export: second } = await client.createExport({ dataset_id, layout: "kohya" });
    const ids = async () =>
      (await client.listExports({ dataset_id })).exports.map(({ export_id }) => export_id);
    expect(await ids()).toEqual([second.export_id, first.export_id]);
    await client.deleteExport(second);
    expect(await ids()).toEqual([first.export_id]);
  });

  test("answers 404 for a dataset of another owner", async ({ stack, owner }) => {
    const { dataset_id } = await datasetToExport(owner.client);
    const { client } = newOwner(stack);
    const notFound = { code: "dataset.not_found" };
    await expect(client.listExports({ dataset_id })).rejects.toMatchObject(notFound);
    const sent = { dataset_id, layout: "pairs" as const };
    await expect(client.createExport(sent)).rejects.toMatchObject(notFound);
  });
});

describe("an export", () => {
  test("can be neither read nor deleted by another owner", async ({ stack, owner }) => {
    const { dataset_id } = await datasetToExport(owner.client);
    const { export_id } = await readyExport(stack, owner, dataset_id);
    const { client } = newOwner(stack);
    const notFound = { code: "export.not_found" };
    await expect(client.getExport({ export_id })).rejects.toMatchObject(notFound);
    await expect(client.deleteExport({ export_id })).rejects.toMatchObject(notFound);
    expect((await owner.client.getExport({ export_id })).export.status).toBe("ready");
  });

  test("stays when its dataset is deleted", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    const { export_id } = await readyExport(stack, owner, dataset_id);
    await client.deleteDataset({ dataset_id });
    expect((await client.getExport({ export_id })).export).toMatchObject({
      dataset_id: null,
      status: "ready",
      files: [{}],
    });
  });

  test("that is deleted is gone with its zip, and deleting it again changes nothing", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id } = await datasetToExport(client);
    const { export_id } = await readyExport(stack, owner, dataset_id);
    expect((await exportObjects(export_id)).zips).toHaveLength(1);
    for (const _ of [1, 2])
      expect((await request(stack, "DELETE", `/exports/${export_id}`, { sub })).status).toBe(204);
    await expect(client.getExport({ export_id })).rejects.toMatchObject({
      code: "export.not_found",
    });
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
  });

  test.for(["the image", "the control image"])(
    "ends as failed when %s is deleted, and its zip is erased",
    async (which, { stack, owner }) => {
      const { client } = owner;
      const { dataset_id, images } = await datasetToExport(client, { images: 1 });
      const control = await client.createImage({
        image_base64: (await png(40)).toString("base64"),
      });
      const [image_id, control_image_id] = [images[0]!.image_id, control.image.image_id];
      await client.putDatasetItems({ dataset_id, items: [{ image_id, control_image_id }] });
      const { export_id } = await readyExport(stack, owner, dataset_id);
      const deleted = which === "the image" ? image_id : control_image_id;
      const { erasure } = await client.deleteImage({ image_id: deleted, force: true });
      expect((await client.getExport({ export_id })).export).toMatchObject({
        status: "failed",
        error: { code: "image.deleted" },
        files: [],
      });
      expect(
        await stack.sql`
          select 1 from erasure_objects
          where erasure_id = ${erasure.erasure_id} and key = ${`exports/${export_id}/0.zip`}
        `,
      ).toHaveLength(1);
      await sweep(stack);
      expect(await exportObjects(export_id)).toEqual(nothingLeft);
    },
  );

  test("is erased with its owner", async ({ stack, owner }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    const { export_id } = await readyExport(stack, owner, dataset_id);
    const running = (await client.createExport({ dataset_id, layout: "kohya" })).export;
    const { erasure } = await client.eraseOwner();
    await expect(client.getExport({ export_id })).rejects.toMatchObject({
      code: "export.not_found",
    });
    expect(
      await stack.sql`
        select key from erasure_objects
        where erasure_id = ${erasure.erasure_id} and key like 'exports/%' order by key
      `,
    ).toEqual([export_id, running.export_id].sort().map((id) => ({ key: `exports/${id}/0.zip` })));
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
    for (const table of ["exports", "export_items", "export_files"])
      expect(
        await stack.sql`
          select 1 from ${stack.sql(table)} where export_id in ${stack.sql([export_id, running.export_id])}
        `,
      ).toEqual([]);
  });
});

/** The SHA-256 of every file in a zip. */
async function readByPython(bytes: Buffer): Promise<string[]> {
  const file = join(tmpdir(), `export-${process.pid}-${sha256Of(bytes).slice(0, 16)}.zip`);
  await writeFile(file, bytes);
  const script = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as zip:
    assert zip.testzip() is None
    print(json.dumps([hashlib.sha256(zip.read(name)).hexdigest() for name in zip.namelist()]))
`;
  const { stdout } = await promisify(execFile)("python3", ["-c", script, file]);
  return JSON.parse(stdout);
}

import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import { Image, lazy, lineOfText, storableText } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import { count, nextCursor, page } from "./sharedFields.ts";

export const datasetRoutes = {
  createDataset: {
    summary: "Creates a dataset: a set of the caller's images with captions, for training.",
    body: () => z.strictObject({ name: datasetName(), trigger_word: z.optional(triggerWord()) }),
    output: datasetOutput,
    status: 201,
  },
  listDatasets: {
    summary: "The caller's datasets, newest first, without their warnings.",
    query: () => z.object(page()),
    output: () => z.object({ datasets: z.array(DatasetSummary()), next_cursor: nextCursor() }),
    status: 200,
  },
  getDataset: {
    summary: "One dataset, with what its images lack for training.",
    path: datasetPath,
    output: datasetOutput,
    status: 200,
  },
  updateDataset: {
    summary:
      "Changes a dataset's name or trigger word. Fields that are left out stay; null clears.",
    path: datasetPath,
    body: () =>
      z.strictObject({
        name: z.optional(datasetName()),
        trigger_word: z.optional(triggerWord()),
      }),
    output: datasetOutput,
    status: 200,
  },
  deleteDataset: {
    summary: "Deletes a dataset. Its images stay.",
    path: datasetPath,
    output: () => z.undefined(),
    status: 204,
  },
  listDatasetItems: {
    summary: "The images of a dataset with their captions, in their order.",
    path: datasetPath,
    query: () => z.object(page()),
    output: () => z.object({ items: z.array(DatasetItem()), next_cursor: nextCursor() }),
    status: 200,
  },
  putDatasetItems: {
    summary: `Adds images to a dataset, and changes or moves those that are in it. New ones go to its end. Those in it keep their place, and the caption and control image that the request leaves out; null clears. A dataset holds ${limits.dataset_items} images. Safe to repeat.`,
    path: datasetPath,
    body: () =>
      z.strictObject({
        items: z
          .array(
            z.strictObject({
              image_id: z
                .uuid()
                .check(z.describe("One of the caller's published images, public or private.")),
              caption: z.optional(z.nullable(storableText(0, limits.dataset_caption_chars))),
              control_image_id: z
                .optional(z.nullable(z.uuid()))
                .check(
                  z.describe(
                    "One of the caller's published images: what the image was made from, for training edits.",
                  ),
                ),
            }),
          )
          .check(
            z.minLength(1),
            z.maxLength(limits.dataset_items_per_request),
            z.describe("Each image once."),
          ),
        after: z
          .optional(z.nullable(z.uuid()))
          .check(
            z.describe(
              "Moves all images of the request, in the order sent, behind this one of the dataset; null moves them to its beginning.",
            ),
          ),
      }),
    output: () =>
      z.object({
        dataset: Dataset(),
        items: z
          .array(PlacedItem())
          .check(z.describe("Those of the request, in the order of the dataset.")),
      }),
    status: 200,
  },
  deleteDatasetItem: {
    summary: "Takes an image out of a dataset. The image itself stays. Safe to repeat.",
    path: () => z.strictObject({ dataset_id: z.uuid(), image_id: z.uuid() }),
    output: () => z.undefined(),
    status: 204,
  },
  importCaptions: {
    summary:
      "Sets captions from a `metadata.jsonl`, whose file names are matched to those of the dataset's images. A name is compared whole, then without its folders, then without its extension too; a match counts when neither side has another one. Of several lines for an image the last counts. Safe to repeat.",
    path: datasetPath,
    body: () =>
      z.strictObject({
        metadata: storableText(0, limits.captions_chars).check(
          z.describe(
            `Lines of JSON with \`file_name\` and \`text\`, as Hugging Face's ImageFolder has them: ${limits.captions_lines} at most.`,
          ),
        ),
      }),
    output: () =>
      z.object({
        matched: z.array(
          z.object({ line: lineNumber(), file_name: z.string(), image_id: z.uuid() }),
        ),
        unmatched: z.array(
          z.object({
            line: lineNumber(),
            file_name: z.optional(z.string()).check(z.describe("For display only.")),
            reason: z.enum(unmatchedReasons),
          }),
        ),
        dataset: Dataset(),
      }),
    status: 200,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };

/** Why a line of a `metadata.jsonl` sets no caption. */
const unmatchedReasons = [
  "not_json",
  "no_file_name",
  "no_text",
  "text_too_long",
  "text_not_storable",
  "not_in_dataset",
  "ambiguous",
] as const;

const warningCodes = [
  "few_images",
  "small_images",
  "duplicate_images",
  "captions_missing",
  "different_proportions",
] as const;

/** What may make a dataset bad for training. */
export const DatasetWarning = lazy(() =>
  z
    .object({
      code: z.enum(warningCodes),
      count: count().check(z.describe("How many images it is about.")),
      image_ids: z.array(z.uuid()).check(z.describe("The first 100 of them.")),
    })
    .check(
      z.meta({
        id: "DatasetWarning",
        description:
          "What may make a dataset bad for training: `few_images` (under 10), `small_images` (a side under 512 px), `duplicate_images` (equal SHA-256), `captions_missing`, `different_proportions` (of an image and its control image, by more than 1 %).",
      }),
    ),
);
export type DatasetWarning = z.infer<ReturnType<typeof DatasetWarning>>;

/** An image without what people say of it: 200 of them fit one response of Lambda's 6 MB, with the captions of 100 items. */
export const DatasetImage = lazy(() => {
  const { alt: _, caption: __, tags: ___, ...fields } = Image().shape;
  return z.object(fields).check(
    z.meta({
      id: "DatasetImage",
      description:
        "An image without what people say of it, its `alt`, `caption` and `tags`: get the image for these.",
    }),
  );
});
export type DatasetImage = z.infer<ReturnType<typeof DatasetImage>>;

const summaryFields = () => ({
  dataset_id: z.uuid(),
  name: z.string(),
  trigger_word: z.nullable(z.string()).check(z.describe("The word that a model learns for it.")),
  item_count: count(),
  bytes: count().check(z.describe("Of its images, without their control images.")),
  cover: z.nullable(DatasetImage()).check(z.describe("Its first image.")),
  created_at: z.iso.datetime(),
  updated_at: z.iso
    .datetime()
    .check(z.describe("When the caller last changed it. An image that is deleted is no change.")),
});

export const DatasetSummary = lazy(() =>
  z.object(summaryFields()).check(z.meta({ id: "DatasetSummary" })),
);
export type DatasetSummary = z.infer<ReturnType<typeof DatasetSummary>>;

export const Dataset = lazy(() =>
  z
    .object({ ...summaryFields(), warnings: z.array(DatasetWarning()) })
    .check(z.meta({ id: "Dataset" })),
);
export type Dataset = z.infer<ReturnType<typeof Dataset>>;

export const DatasetItem = lazy(() =>
  z
    .object({
      image: DatasetImage(),
      position: position(),
      caption: z.nullable(z.string()),
      control_image: z.nullable(DatasetImage()),
    })
    .check(z.meta({ id: "DatasetItem" })),
);
export type DatasetItem = z.infer<ReturnType<typeof DatasetItem>>;

/** An item that a request put into a dataset: the caller knows the rest, or lists the items. */
const PlacedItem = lazy(() =>
  z.object({ image_id: z.uuid(), position: position() }).check(z.meta({ id: "PlacedItem" })),
);

function position() {
  return z.int().check(z.gte(1), z.describe("Its place in the dataset, from 1."));
}

function datasetName() {
  return lineOfText(limits.dataset_name_chars);
}

function triggerWord() {
  return z.nullable(lineOfText(limits.trigger_word_chars));
}

function datasetPath() {
  return z.strictObject({ dataset_id: z.uuid() });
}

function datasetOutput() {
  return z.object({ dataset: Dataset() });
}

function lineNumber() {
  return z.int().check(z.gte(1), z.describe("From 1."));
}

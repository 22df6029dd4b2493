import { type Client, KeepsakeError } from "@keepsake/client";
import { createStore, del, entries, set } from "idb-keyval";
import { markReused } from "./reusedImages.ts";
import { openTabs } from "./uploadTabs.ts";

/** An upload that was begun and neither published nor cancelled. */
type OpenUpload = {
  upload_id: string;
  owner: string;
  tab: string;
  /** Of the bytes that are sent, in lower-case hex. */
  sha256: string;
  /** Its cancellation was sent, and may not have arrived. */
  isCancelled: boolean;
  /** Its URL, to which the bytes are sent when none have arrived. */
  presigned?: Presigned;
};

type Presigned = Exclude<Awaited<ReturnType<Client["presignUpload"]>>, { image: unknown }>;

const store = createStore("keepsake open uploads", "uploads");

/**
 * The same client, which remembers in this browser the uploads that it begins. A page that ends before its upload is
 * published leaves one that the sweep would publish later, beside the one of the next attempt. So before it begins an
 * upload of the same bytes, it publishes what has arrived of the old one, goes on with it, or cancels it.
 */
export function withOpenUploads(client: Client, owner: string, tab: Promise<string>): Client {
  /** Of this page, by their id. */
  const own = new Map<string, OpenUpload>();

  const presignUpload = async (...[declaration, options]: Parameters<Client["presignUpload"]>) => {
    for (const left of await leftOf(declaration.sha256)) {
      const continued = await goOnWith(left);
      if (continued) return continued;
    }
    const presigned = await client.presignUpload(declaration, options);
    if ("image" in presigned) return { image: markReused(presigned.image) };
    const { sha256 } = declaration;
    const { upload_id } = presigned;
    await remember({ upload_id, owner, tab: await tab, sha256, isCancelled: false, presigned });
    return presigned;
  };

  tab.then(cancelAgain).catch(() => {}); // when the page is opened the next time
  return {
    ...client,
    presignUpload: presignUpload as Client["presignUpload"],
    async completeUpload(input, options) {
      const completed = await client.completeUpload(input, options).catch(async (error) => {
        if (isAnswer(error) && error.code !== "upload.not_received") await forget(input.upload_id);
        throw error;
      });
      await forget(input.upload_id);
      return completed;
    },
    async cancelUpload(input, options) {
      const open = own.get(input.upload_id);
      if (open) await remember({ ...open, isCancelled: true });
      await client.cancelUpload(input, options).catch(async (error) => {
        if (isAnswer(error)) await forget(input.upload_id);
        throw error;
      });
      await forget(input.upload_id);
      return undefined;
    },
  };

  async function remember(open: OpenUpload) {
    own.set(open.upload_id, open);
    await set(open.upload_id, open, store).catch(() => {});
  }

  async function forget(upload_id: string) {
    own.delete(upload_id);
    await del(upload_id, store).catch(() => {});
  }

  /** Those of pages that ended. */
  async function left(): Promise<OpenUpload[]> {
    const all = await entries<string, OpenUpload>(store).catch(() => []);
    const others = all.filter(([id, open]) => open.owner === owner && !own.has(id));
    if (others.length === 0) return [];
    const [open, ownTab] = [await openTabs(owner), await tab];
    return others.map(([, upload]) => upload).filter(({ tab }) => tab === ownTab || !open.has(tab));
  }

  async function leftOf(sha256: string) {
    return (await left()).filter((open) => open.sha256 === sha256);
  }

  /**
   * Resolves to the image of what arrived, or when nothing did to the upload itself while its URL is valid. A new upload
   * would be needed after a cancellation, which leaves a receipt of a deletion. Undefined when it is cancelled.
   */
  async function goOnWith(open: OpenUpload) {
    const { upload_id, isCancelled, presigned } = open;
    if (!isCancelled)
      try {
        const { image } = await client.completeUpload({ upload_id });
        await forget(upload_id);
        return { image };
      } catch (error) {
        if (!isAnswer(error)) throw error;
        if (error.code === "upload.not_received" && presigned && isValid(presigned)) {
          await remember({ ...open, tab: await tab });
          return presigned;
        }
      }
    await cancel(upload_id);
    return undefined;
  }

  /** What is published or unknown by now needs no cancellation. */
  async function cancel(upload_id: string) {
    await client.cancelUpload({ upload_id }).catch((error) => {
      if (!isAnswer(error)) throw error;
    });
    await forget(upload_id);
  }

  async function cancelAgain() {
    for (const { upload_id, isCancelled } of await left()) if (isCancelled) await cancel(upload_id);
  }
}

/** Long enough to begin sending. With a wrong clock the bucket refuses the URL, and another upload is begun. */
const isValid = ({ url_expires_at }: Presigned) => Date.parse(url_expires_at) - Date.now() > 10_000;

/** The API answered about the upload itself: asking again changes nothing. */
const isAnswer = (error: unknown): error is KeepsakeError =>
  error instanceof KeepsakeError && /^(upload|image)\./.test(error.code);

import type { Client } from "@keepsake/client";
import { createUploadQueue } from "@keepsake/client/queue";

/** Uploads what is chosen in a file input and shows how many are published. Returns a function that ends it. */
export function uploadFrom(input: HTMLInputElement, output: HTMLElement, client: Client) {
  const queue = createUploadQueue(client);
  queue.subscribe(() => {
    const { published, total } = queue.getSnapshot().progress;
    output.textContent = `${published} of ${total} uploaded`;
  });
  input.addEventListener("change", () => queue.add(input.files ?? []));
  return queue.stop;
}

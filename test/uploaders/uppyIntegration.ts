import type { Client } from "@keepsake/client";
import Keepsake from "@keepsake/uppy";
import Uppy from "@uppy/core";

export function createUppy(client: Client) {
  return new Uppy().use(Keepsake, { client });
}

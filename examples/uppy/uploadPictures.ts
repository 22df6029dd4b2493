import { createClient, type Image, pageToken, srcSet } from "@keepsake/client";
import Keepsake, { type KeepsakeBody } from "@keepsake/uppy";
import Uppy, { type Meta } from "@uppy/core";
import Dashboard from "@uppy/dashboard";
import "@uppy/core/css/style.min.css";
import "@uppy/dashboard/css/style.min.css";

// one client for each user: make a new one when the user changes
const client = createClient({
  baseUrl: import.meta.env.KEEPSAKE_API_URL,
  token: pageToken("/keepsake-token"),
});

new Uppy<Meta, KeepsakeBody>({ restrictions: { allowedFileTypes: ["image/*"] } })
  .use(Dashboard, { target: "#uppy", inline: true, width: "100%" })
  .use(Keepsake, { client })
  .on("upload-success", (_file, { body }) => show(body!));

for (const image of (await client.listImages()).images.reverse()) show(image);

/** The newest picture first. */
function show(image: Image) {
  const picture = new Image(200);
  picture.srcset = srcSet(image) ?? "";
  picture.sizes = "200px";
  picture.src = image.url ?? "";
  picture.alt = image.alt ?? image.filename ?? "";
  document.querySelector("#pictures")!.prepend(picture);
}

import { connection } from "next/server";
import { keepsakeOf, signedInUser } from "./keepsake";
import { Picture } from "./Picture";
import { Uploads } from "./Uploads";

export default async function Page() {
  await connection(); // on each request: the user's pictures change
  const { images } = await keepsakeOf(await signedInUser()).listImages();
  return (
    <main>
      <Uploads />
      <section aria-label="Pictures">
        {images.map((image) => (
          <Picture key={image.image_id} image={image} />
        ))}
      </section>
    </main>
  );
}

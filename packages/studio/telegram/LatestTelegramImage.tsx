import { Link } from "wouter";
import { dateText } from "../api/errorText.ts";
import { imageName } from "../images/imageNames.ts";
import { useImages } from "../images/useImages.ts";
import { Picture } from "../ui/Picture.tsx";

/** The newest picture that came from Telegram into the gallery. */
export function LatestTelegramImage() {
  const { data = [] } = useImages();
  const image = data.find(({ platform, url }) => platform === "telegram" && url);
  return (
    <div role="status">
      {image?.url && (
        <section className="card telegram-latest" aria-labelledby="latest">
          <Picture src={image.url} alt={imageName(image)} thumbhash={image.thumbhash} />
          <div>
            <h2 id="latest">In your gallery</h2>
            <p className="muted">Came from Telegram on {dateText(image.created_at)}.</p>
            <p>
              <Link href="/images">See it among your images</Link>
            </p>
          </div>
        </section>
      )}
    </div>
  );
}

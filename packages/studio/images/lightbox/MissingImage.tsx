import { Link } from "wouter";

/** In place of an image that the API does not find. */
export function MissingImage() {
  return (
    <div role="alert">
      <p>This image does not exist: it was deleted, or it belongs to another account.</p>
      <p>
        <Link href="/images" replace>
          All your images
        </Link>
      </p>
    </div>
  );
}

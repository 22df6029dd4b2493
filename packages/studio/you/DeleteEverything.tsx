import { useState } from "react";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { useUploads } from "../images/UploadsProvider.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { Trash2 } from "../ui/icons.tsx";
import styles from "./DeleteEverything.module.css";

/** Deletes everything of the person, here and in this browser, after they typed a word. */
export function DeleteEverything() {
  const { client, startAfresh } = useSession();
  const { cancelAll } = useUploads();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <section aria-labelledby="delete-everything">
      <h2 id="delete-everything">Delete everything</h2>
      <p>
        Deletes all your pictures, worlds and datasets. Export everything first if you may want any
        of it later.
      </p>
      <div>
        <Button onClick={() => setIsAsking(true)}>
          <Trash2 size={18} /> Delete everything…
        </Button>
      </div>
      {isAsking && (
        <ConfirmDeletion
          title="Delete everything?"
          action="Delete everything"
          word="delete"
          onClose={() => setIsAsking(false)}
          onConfirm={async () => {
            cancelAll(); // an upload that is running would be published afterwards
            const { erasure } = await client.eraseOwner();
            startAfresh(erasure);
          }}
        >
          <p>This cannot be undone. It deletes:</p>
          <ul className={styles.list}>
            <li>all your pictures, those of your linked Telegram accounts too</li>
            <li>all your worlds with their characters and portraits, and their public pages</li>
            <li>all your datasets with their captions, and all exports</li>
            <li>
              in this browser: uploads that are running or waiting, characters that you have not
              saved, and captions
            </li>
          </ul>
          <p>Addresses of these pictures stop working wherever they are used.</p>
        </ConfirmDeletion>
      )}
    </section>
  );
}

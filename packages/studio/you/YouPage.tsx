import { useState } from "react";
import { ErasureReceipt } from "../erasures/ErasureReceipt.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Page } from "../ui/Page.tsx";
import { DeleteEverything } from "./DeleteEverything.tsx";
import { ExportEverything } from "./ExportEverything.tsx";
import { Receipts } from "./Receipts.tsx";
import { Usage } from "./Usage.tsx";
import styles from "./YouPage.module.css";

/** What the person uses, their receipts, a copy of everything, and deleting everything. */
export function YouPage() {
  const { name, erasure } = useSession();
  const [isReceiptOpen, setIsReceiptOpen] = useState(erasure !== undefined);
  return (
    <Page
      title="You"
      lead={
        <>
          Signed in as <bdi>{name}</bdi>: what you use, what you deleted, and a copy of all that is
          yours.
        </>
      }
    >
      <div className={styles.parts}>
        <Usage />
        <ExportEverything />
        <Receipts />
        <DeleteEverything />
      </div>
      {erasure && isReceiptOpen && (
        <ErasureReceipt
          of="Everything of yours"
          erasure={erasure}
          onClose={() => setIsReceiptOpen(false)}
        />
      )}
    </Page>
  );
}

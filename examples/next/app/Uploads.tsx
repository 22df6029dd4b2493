"use client";
import { createClient, pageToken } from "@keepsake/client";
import { Dropzone, KeepsakeProvider } from "@keepsake/client/react";
import "@keepsake/client/styles.css";
import { useRouter } from "next/navigation";

// one client for each user: make a new one when the user changes
const client = createClient({
  baseUrl: process.env.KEEPSAKE_API_URL ?? "",
  token: pageToken("/keepsake-token"),
});

/** The server renders the list again after each picture. */
export function Uploads() {
  const router = useRouter();
  return (
    <KeepsakeProvider client={client}>
      <Dropzone onPublished={() => router.refresh()} />
    </KeepsakeProvider>
  );
}

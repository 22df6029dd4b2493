import { createClient, pageToken } from "@keepsake/client";
import { Dropzone, KeepsakeProvider } from "@keepsake/client/react";
import "@keepsake/client/styles.css";
import { Gallery } from "./Gallery";

const baseUrl = import.meta.env.KEEPSAKE_API_URL;
// one client for each user: make a new one when the user changes
const client = createClient({ baseUrl, token: pageToken("/keepsake-token") });

export const App = () => (
  <KeepsakeProvider client={client}>
    <Dropzone />
    <Gallery />
  </KeepsakeProvider>
);

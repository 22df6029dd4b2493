import { createClient } from "@keepsake/client";
import react from "@vitejs/plugin-react";
import { type Connect, defineConfig, type Plugin } from "vite";

/** Run with KEEPSAKE_API_URL=… KEEPSAKE_SERVICE_KEY=ks_… npm start */
const { KEEPSAKE_API_URL = "", KEEPSAKE_SERVICE_KEY = "", PORT = "5173" } = process.env;
const keepsake = createClient({ baseUrl: KEEPSAKE_API_URL, serviceKey: KEEPSAKE_SERVICE_KEY });

/** What your backend does for its page: turns the user who is signed in into a token. The key stays on the server. */
const sendToken: Connect.NextHandleFunction = (request, response, next) => {
  if (request.headers["sec-fetch-site"] !== "same-origin")
    return void response.writeHead(403).end();
  const owner = "alice"; // your own id of the user who is signed in
  keepsake
    .createToken({ owner })
    .then((token) => response.end(JSON.stringify(token)))
    .catch(next);
};

const pageTokens: Plugin = {
  name: "page-tokens",
  configureServer: ({ middlewares }) => void middlewares.use("/keepsake-token", sendToken),
  configurePreviewServer: ({ middlewares }) => void middlewares.use("/keepsake-token", sendToken),
};

export default defineConfig({
  plugins: [react(), pageTokens],
  envPrefix: "KEEPSAKE_API_", // what the page may read
  server: { port: Number(PORT) },
  preview: { port: Number(PORT) },
});

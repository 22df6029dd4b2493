import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { createClient } from "@keepsake/client";

/** Run with KEEPSAKE_API_URL=… KEEPSAKE_SERVICE_KEY=ks_… npm start */
const { KEEPSAKE_API_URL = "", KEEPSAKE_SERVICE_KEY = "", PORT = "5173" } = process.env;
const keepsake = createClient({ baseUrl: KEEPSAKE_API_URL, serviceKey: KEEPSAKE_SERVICE_KEY });

const server = createServer(async (request, response) => {
  try {
    if (request.method === "POST" && request.url === "/keepsake-token")
      await sendToken(request, response);
    else await sendFile(request.url, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});
server.listen(Number(PORT), "localhost", () => console.log(`http://localhost:${PORT}`));

/** Turns the user who is signed in into a token for the page. The key stays on the server. */
async function sendToken(request, response) {
  if (request.headers["sec-fetch-site"] !== "same-origin") return response.writeHead(403).end();
  const owner = "alice"; // your own id of the user who is signed in
  response.end(JSON.stringify(await keepsake.createToken({ owner })));
}

const served =
  /^\/(index\.html|uploadPictures\.mjs|node_modules\/(@keepsake\/client|filepond)\/.+)$/;
const types = { ".html": "text/html", ".css": "text/css" };

/** The page, its script, and the two packages that it imports. */
async function sendFile(url, response) {
  const path = normalize(url === "/" ? "/index.html" : url);
  if (!served.test(path)) return response.writeHead(404).end();
  const file = await readFile(`.${path}`);
  response.setHeader("content-type", types[extname(path)] ?? "text/javascript");
  if (path !== "/index.html") return response.end(file);
  response.end(String(file).replace("%KEEPSAKE_API_URL%", KEEPSAKE_API_URL));
}

import { type Client, createClient, srcSet } from "@keepsake/client";

type Token = { token: string; expires_at: string };

const find = <Found extends HTMLElement>(selector: string) =>
  document.querySelector<Found>(selector)!;
const portraits = find("[aria-label=Portraits]");
const images = find("[aria-label=Images]");
const status = find("[role=status]");

let current: Token | undefined;

find<HTMLFormElement>("form").onsubmit = async (event) => {
  event.preventDefault();
  const name = find<HTMLInputElement>("[name=name]").value;
  await fetch("/sign-in", { method: "POST", body: JSON.stringify({ name }) });
  current = undefined; // the token of the user before
  await open();
};
void open();

/** Shows the user's page when the cookie is that of a user, and the form when it is not. */
async function open() {
  const response = await fetch("/session");
  if (!response.ok) return;
  const { name, api } = (await response.json()) as { name: string; api: string };
  const client = createClient({ baseUrl: api, token });
  find("form").hidden = true;
  find("main").hidden = false;
  find("h1").textContent = `Hello, ${name}`;
  find("#create").onclick = () => report(() => createWorld(client));
  find("#refresh").onclick = () => report(() => showImages(client));
  const input = find<HTMLInputElement>("[type=file]");
  input.onchange = () => report(() => upload(client, input.files![0]!));
}

/** The token of this page, renewed a second before it expires. */
async function token(): Promise<string> {
  if (!current || Date.parse(current.expires_at) - Date.now() < 1_000) {
    const response = await fetch("/picture-token", { method: "POST" });
    if (!response.ok) throw new Error("Sign in again");
    current = (await response.json()) as Token;
  }
  return current.token;
}

async function createWorld(client: Client) {
  const { characters } = await client.generateCharacters({ theme: "norse", count: 2 });
  const { world } = await client.createWorld({ theme: "norse", pieces: characters });
  const { pieces } = await client.waitForPortraits(world.world_id);
  portraits.replaceChildren(
    ...pieces.map((piece) =>
      picture(String(piece.details.image_portrait), srcSet(piece), piece.name),
    ),
  );
  return `${pieces.length} portraits`;
}

async function upload(client: Client, file: File) {
  const image = await client.upload(file);
  await showImages(client);
  return `Uploaded ${image.filename}`;
}

async function showImages(client: Client) {
  const list = (await client.listImages()).images;
  images.replaceChildren(
    ...list.map((image) => picture(image.url!, srcSet(image), image.filename ?? "")),
  );
  return `${list.length} images`;
}

function picture(src: string, srcset: string, alt: string) {
  return Object.assign(new Image(), { src, srcset, sizes: "240px", alt });
}

async function report(work: () => Promise<string>) {
  status.textContent = "Working";
  status.textContent = await work().catch(({ message }: Error) => `Failed: ${message}`);
}

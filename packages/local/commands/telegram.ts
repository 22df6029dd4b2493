import { readFile } from "node:fs/promises";
import { remotePhone } from "../embedded/telegram/remotePhone.ts";
import { runningLocal } from "../localJson.ts";

/** `npm run telegram -- photo.jpg`: sends a picture to the local bot as from a phone, and prints the reply. */
export async function main([file, ...more]: string[]) {
  if (file === undefined || more.length > 0)
    throw new Error("Name one picture: npm run telegram -- photo.jpg");
  const running = await runningLocal();
  if (!running) throw new Error("No system is running in this folder: run npm start first");
  console.log(await sendPhoto(running.telegram, await readFile(file)));
}

/** The text of the bot's reply to a photo. Throws when none comes within 30 s. */
export async function sendPhoto(telegram: string, bytes: Buffer): Promise<string> {
  const phone = remotePhone(telegram, { id: 4242, first_name: "Mira" });
  await phone.sendPhoto(new Uint8Array(bytes));
  return (await phone.waitForReply(30_000)).text ?? "";
}

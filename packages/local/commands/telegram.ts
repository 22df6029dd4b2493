import { readFile } from "node:fs/promises";
import { remotePhone } from "../embedded/telegram/embeddedTelegram.ts";
import { runningLocal } from "./start.ts";

/** `npm run telegram -- photo.jpg`: sends a picture to the local bot "from a phone" and shows the reply. */
export async function main([file, ...more]: string[]) {
  if (file === undefined || more.length > 0)
    throw new Error("Name one picture: npm run telegram -- photo.jpg");
  const running = await runningLocal();
  if (!running) throw new Error("No system is running here: npm start");
  console.log(await sendPhoto(running.telegram, await readFile(file)));
}

/** What the bot answers to a photo, within 30 s. */
export async function sendPhoto(telegram: string, bytes: Buffer): Promise<string> {
  const phone = remotePhone(telegram, { id: 4242, first_name: "Mira" });
  await phone.sendPhoto(new Uint8Array(bytes));
  return (await phone.waitForReply(30_000)).text ?? "";
}

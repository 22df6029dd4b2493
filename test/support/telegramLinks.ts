import type { Client } from "@keepsake/client";
import type { EmbeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";

type Phone = ReturnType<EmbeddedTelegram["phone"]>;

/** Opens a link of the owner's with a phone and presses the button. */
export async function linkTo(phone: Phone, client: Client): Promise<void> {
  const { url } = await client.linkTelegram();
  phone.sendText(`/start ${new URL(url).searchParams.get("start")}`);
  const question = await phone.waitForReply();
  const [button] = question.reply_markup!.inline_keyboard.flat();
  phone.press((button as { callback_data: string }).callback_data, question);
  const { text } = await phone.waitForReply();
  if (!text?.startsWith("This account is linked to")) throw new Error(text);
}

import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { refreshImages } from "../images/useImages.ts";
import { useSession } from "../session/SessionProvider.tsx";
import {
  type BotMessage,
  type InlineButton,
  type PhoneClient,
  phoneClient,
  phoneIdOf,
} from "./phoneClient.ts";

export type Bubble = TextBubble | PhotoBubble | BotBubble;
type TextBubble = { id: string; by: "me"; text: string };
type PhotoBubble = { id: string; by: "me"; photo: string; name: string };
/** `pressed` is the text of the button that was pressed. */
export type BotBubble = { id: string; by: "bot"; message: BotMessage; pressed?: string };

const chatKey = ["phone"] as const;
const noBubbles: Bubble[] = [];

/** The chat of the phone at `base` with the bot. It survives a visit to another section. */
export function useChat(base: string) {
  const { name } = useSession();
  const queries = useQueryClient();
  const phone = useMemo(
    () => phoneClient(base, { id: phoneIdOf(name), first_name: name.slice(0, 64) }),
    [base, name],
  );
  const { data: bubbles = noBubbles } = useQuery<Bubble[]>({
    queryKey: chatKey,
    queryFn: skipToken,
    initialData: noBubbles,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

  const actions = useMemo(() => {
    const change = (changed: (bubbles: Bubble[]) => Bubble[]) =>
      queries.setQueryData<Bubble[]>(chatKey, (bubbles = []) => changed(bubbles));
    const add = (bubble: Bubble) => change((bubbles) => [...bubbles, bubble]);
    const id = () => crypto.randomUUID();
    /** Adds the bubble before sending, since the reply may arrive first; removes it when sending fails. */
    const send = async (bubble: Bubble, sending: Promise<void>) => {
      add(bubble);
      await sending.catch((error) => {
        change((bubbles) => bubbles.filter((other) => other !== bubble));
        throw error;
      });
    };

    return {
      sendText(text: string) {
        const shown = text.split(" ")[0]!; // Telegram hides the code after /start as well
        return send({ id: id(), by: "me", text: shown }, phone.sendText(text));
      },
      /** Several files are sent as an album. */
      async sendPhotos(files: File[]) {
        const media_group_id = String(Date.now());
        for (const file of files) {
          const photo = URL.createObjectURL(file);
          const sending = phone.sendPhoto(file, files.length > 1 ? { media_group_id } : {});
          await send({ id: id(), by: "me", photo, name: file.name }, sending);
        }
      },
      async press(pressed: BotBubble, button: InlineButton) {
        await phone.press(pressed.message.message_id, button);
        change((bubbles) =>
          bubbles.map((bubble) =>
            bubble.id === pressed.id ? { ...pressed, pressed: button.text } : bubble,
          ),
        );
      },
      addMessage(message: BotMessage) {
        add({ id: id(), by: "bot", message });
        refreshImages(queries); // the message may report a new image
      },
    };
  }, [phone, queries]);

  useEffect(() => {
    const disconnect = new AbortController();
    receiveMessages(phone, actions.addMessage, disconnect.signal);
    return () => disconnect.abort();
  }, [phone, actions]);

  return { bubbles, ...actions };
}

/** Long-polls for the bot's messages until aborted. A failed connection is retried after a second. */
async function receiveMessages(
  phone: Pick<PhoneClient, "receive">,
  onMessage: (message: BotMessage) => void,
  signal: AbortSignal,
) {
  while (!signal.aborted)
    try {
      const message = await phone.receive(signal);
      if (message) onMessage(message);
    } catch {
      await new Promise((resume) => setTimeout(resume, 1_000));
    }
}

/** The URL in a message of the bot; undefined when it has none. */
export const urlIn = ({ text = "" }: BotMessage) => /https?:\/\/\S+/.exec(text)?.[0];

import { useImages } from "@keepsake/client/react";
import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import {
  type BotMessage,
  type InlineButton,
  type PhoneClient,
  phoneClient,
  phoneIdOf,
} from "./phoneClient.ts";

export type Bubble = TextBubble | PhotoBubble | BotBubble;
/** `isIgnored`: the bot does not reply to it. */
type TextBubble = { id: string; by: "me"; text: string; isIgnored: boolean };
type PhotoBubble = { id: string; by: "me"; photo: string; name: string; caption: string };
/** `pressed` is the text of the button that was pressed. */
export type BotBubble = { id: string; by: "bot"; message: BotMessage; pressed?: string };

const chatKey = ["phone"] as const;
const noBubbles: Bubble[] = [];

/** The chat of the phone at `base` with the bot, with a call for each message of the bot. It survives a visit to another section. */
export function useChat(base: string, { onMessage }: { onMessage(): void }) {
  const { id: person, name } = useSession();
  const queries = useQueryClient();
  const { refresh } = useImages();
  const phone = useMemo(
    () => phoneClient(base, { id: phoneIdOf(person), first_name: name.slice(0, 64) }),
    [base, person, name],
  );
  const { data: bubbles = noBubbles } = useQuery<Bubble[]>({
    queryKey: chatKey,
    queryFn: skipToken,
    initialData: noBubbles,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

  const latest = useRef(onMessage);
  latest.current = onMessage;
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
        const shown = text.replace(/^\/start \S+$/, "/start"); // Telegram hides the code as well
        const isIgnored = !/^(\/start [\w-]{1,64}|\s*\/unlink\s*)$/.test(text);
        return send({ id: id(), by: "me", text: shown, isIgnored }, phone.sendText(text));
      },
      /** Several files are sent as an album, whose caption is the one of its first photo. */
      async sendPhotos(files: File[], albumCaption: string) {
        const media_group_id = String(Date.now());
        for (const [index, file] of files.entries()) {
          const photo = URL.createObjectURL(file);
          const caption = index === 0 ? albumCaption : "";
          const sending = phone.sendPhoto(file, {
            ...(files.length > 1 && { media_group_id }),
            ...(caption && { caption }),
          });
          await send({ id: id(), by: "me", photo, name: file.name, caption }, sending);
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
        refresh(); // the message may report a new image
        latest.current();
      },
    };
  }, [phone, queries, refresh]);

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

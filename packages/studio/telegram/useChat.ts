import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { refreshImages } from "../images/useImages.ts";
import { useSession } from "../session/SessionProvider.tsx";
import { type Button, phoneClient, phoneIdOf, type Reply } from "./phoneClient.ts";

export type Bubble = { id: string } & (
  | { by: "me"; text: string }
  | { by: "me"; photo: string; name: string }
  | { by: "bot"; reply: Reply; pressed?: string }
);

const chatKey = ["phone"] as const;
const nothing: Bubble[] = [];

/** The conversation of the phone at `base` with the bot. It is still there when one comes back. */
export function useChat(base: string) {
  const { name } = useSession();
  const queries = useQueryClient();
  const line = useMemo(
    () => phoneClient(base, { id: phoneIdOf(name), first_name: name.slice(0, 64) }),
    [base, name],
  );
  const { data: bubbles = nothing } = useQuery<Bubble[]>({
    queryKey: chatKey,
    queryFn: skipToken,
    initialData: nothing,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

  const talk = useMemo(() => {
    const change = (to: (bubbles: Bubble[]) => Bubble[]) =>
      queries.setQueryData<Bubble[]>(chatKey, (bubbles = []) => to(bubbles));
    const add = (bubble: Bubble) => change((bubbles) => [...bubbles, bubble]);
    const id = () => crypto.randomUUID();
    /** Shown at once, or the answer could be faster; taken back when it is not sent. */
    const send = async (bubble: Bubble, sending: Promise<void>) => {
      add(bubble);
      await sending.catch((error) => {
        change((bubbles) => bubbles.filter((other) => other !== bubble));
        throw error;
      });
    };

    return {
      say(text: string) {
        const shown = text.split(" ")[0]!; // Telegram shows no code either
        return send({ id: id(), by: "me", text: shown }, line.sendText(text));
      },
      sendPhoto(file: File) {
        const photo = URL.createObjectURL(file);
        return send({ id: id(), by: "me", photo, name: file.name }, line.sendPhoto(file));
      },
      async press(pressed: Bubble & { by: "bot" }, button: Button) {
        await line.press(pressed.reply.message_id, button);
        change((bubbles) =>
          bubbles.map((bubble) =>
            bubble.id === pressed.id ? { ...pressed, pressed: button.text } : bubble,
          ),
        );
      },
      hear(reply: Reply) {
        add({ id: id(), by: "bot", reply });
        refreshImages(queries); // whatever it says may have changed what is in the gallery
      },
    };
  }, [line, queries]);

  useEffect(() => {
    const hangUp = new AbortController();
    listen(line, talk.hear, hangUp.signal);
    return () => hangUp.abort();
  }, [line, talk]);

  return { bubbles, ...talk };
}

/** Hears the bot until it is aborted. A line that breaks is tried again. */
async function listen(
  line: Pick<ReturnType<typeof phoneClient>, "reply">,
  hear: (reply: Reply) => void,
  signal: AbortSignal,
) {
  while (!signal.aborted)
    try {
      const reply = await line.reply(signal);
      if (reply) hear(reply);
    } catch {
      await new Promise((resume) => setTimeout(resume, 1_000));
    }
}

/** The permanent address in what the bot said, where there is one. */
export const addressIn = ({ text = "" }: Reply) => /https?:\/\/\S+/.exec(text)?.[0];

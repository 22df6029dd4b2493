import { type Client, createClient } from "@keepsake/client/client";
import { AppError } from "@keepsake/contract/errors";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import type { Settings } from "../settings.ts";
import type { Identity } from "./AuthProvider.ts";

export type Session = {
  settings: Settings;
  /** Tells whoever is here from everybody else who uses this browser. */
  id: string;
  name: string;
  /** The typed client, signed in. */
  client: Client;
  leave(): void;
};

type Props = {
  settings: Settings;
  identity: Identity;
  /** Told once: they left, or the API no longer takes their token. */
  onEnd(why: "left" | "refused"): void;
  children: ReactNode;
};

const Context = createContext<Session | undefined>(undefined);

/** Everything below belongs to one person, what was fetched for them included. */
export function SessionProvider({ settings, identity, onEnd, children }: Props) {
  const [queryClient] = useState(createQueryClient);
  const [session] = useState((): Session => {
    const token = () =>
      identity.token().catch((error) => {
        if (error instanceof AppError && error.code === "token.refused") onEnd("refused");
        throw error;
      });
    const watched: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      if (response.status === 401) onEnd("refused");
      return response;
    };
    const client = createClient({
      baseUrl: settings.api,
      streamUrl: settings.stream,
      token,
      fetch: watched,
    });
    const { id, name } = identity;
    return { settings, id, name, client, leave: () => onEnd("left") };
  });

  return (
    <QueryClientProvider client={queryClient}>
      <Context value={session}>{children}</Context>
    </QueryClientProvider>
  );
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("Nobody is signed in here");
  return session;
}

/** The typed client repeats by itself what may be repeated, so queries do not. */
const createQueryClient = () =>
  new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });

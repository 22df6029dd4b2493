import { type Client, createClient } from "@keepsake/client/client";
import { AppError } from "@keepsake/contract/errors";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import type { Settings } from "../settings.ts";
import type { Identity } from "./auth.ts";

export type Session = {
  settings: Settings;
  /** Unique among the people who use this browser. */
  id: string;
  name: string;
  /** The typed client, signed in. */
  client: Client;
  signOut(): void;
};

type Props = {
  settings: Settings;
  identity: Identity;
  /** They signed out, or the API no longer accepts their token. */
  onEnd(reason: "signedOut" | "expired"): void;
  children: ReactNode;
};

const Context = createContext<Session | undefined>(undefined);

/** The session of one person, with a query cache of its own. */
export function SessionProvider({ settings, identity, onEnd, children }: Props) {
  const [queryClient] = useState(createQueryClient);
  const [session] = useState((): Session => {
    const token = () =>
      identity.token().catch((error) => {
        if (error instanceof AppError && error.code === "token.refused") onEnd("expired");
        throw error;
      });
    const fetchWatched: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      if (response.status === 401) onEnd("expired");
      return response;
    };
    const client = createClient({
      baseUrl: settings.api,
      streamUrl: settings.stream,
      token,
      fetch: fetchWatched,
    });
    const { id, name } = identity;
    return { settings, id, name, client, signOut: () => onEnd("signedOut") };
  });

  return (
    <QueryClientProvider client={queryClient}>
      <Context value={session}>{children}</Context>
    </QueryClientProvider>
  );
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

/** The typed client retries by itself, so queries do not. */
const createQueryClient = () =>
  new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });

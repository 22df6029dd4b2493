import { type Client, createClient } from "@keepsake/client";
import { KeepsakeProvider } from "@keepsake/client/react";
import type { Erasure } from "@keepsake/contract/schemas";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import { createImageChanges, type ImageChanges } from "../images/imageChanges.ts";
import type { Settings } from "../settings.ts";
import type { Identity } from "./authProvider.ts";
import { watchTokens } from "./watchTokens.ts";

export type Session = {
  settings: Settings;
  /** Unique among the people who use this browser. */
  id: string;
  name: string;
  /** The typed client, signed in. */
  client: Client;
  imageChanges: ImageChanges;
  signOut(): void;
  /** Everything of this person was deleted: also what this browser has, in every tab. */
  startAfresh(erasure: Erasure): void;
  /** The receipt of that, until the next visit. */
  erasure: Erasure | undefined;
};

type Props = {
  settings: Settings;
  identity: Identity;
  /** They signed out, or the API no longer accepts their token. */
  onEnd(reason: "signedOut" | "expired"): void;
  onErased(erasure: Erasure): void;
  erasure: Erasure | undefined;
  children: ReactNode;
};

const Context = createContext<Session | undefined>(undefined);

/** The session of one person, with a query cache of its own. */
export function SessionProvider(props: Props) {
  const { settings, identity, onEnd, onErased, erasure, children } = props;
  const [queryClient] = useState(createQueryClient);
  const [session] = useState((): Session => {
    const imageChanges = createImageChanges();
    const watched = watchTokens(identity, () => onEnd("expired"));
    const fetch: typeof globalThis.fetch = async (...request) => {
      const response = await watched.fetch(...request);
      await imageChanges.watch(request, response);
      return response;
    };
    const client = createClient({
      baseUrl: settings.api,
      streamUrl: settings.stream,
      token: watched.token,
      fetch,
    });
    const { id, name } = identity;
    return {
      settings,
      id,
      name,
      client,
      imageChanges,
      signOut: () => onEnd("signedOut"),
      startAfresh: (erasure) => onErased(erasure),
      erasure,
    };
  });

  return (
    <QueryClientProvider client={queryClient}>
      <KeepsakeProvider client={session.client}>
        <Context value={session}>{children}</Context>
      </KeepsakeProvider>
    </QueryClientProvider>
  );
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

/**
 * The typed client retries by itself, so queries do not. Without a connection they fail, where TanStack Query would wait
 * without a word; they are sent again when it is back.
 */
const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: 5_000,
        networkMode: "always",
        refetchOnReconnect: true,
      },
      mutations: { networkMode: "always" },
    },
  });

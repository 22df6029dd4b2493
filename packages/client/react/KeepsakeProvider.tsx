import { createContext, type ReactElement, type ReactNode, useContext } from "react";
import type { Client } from "../client.ts";

const Context = createContext<Client | undefined>(undefined);

export type KeepsakeProviderProps = {
  /** Made once, outside components, by `createClient`. */
  client: Client;
  children?: ReactNode;
};

/** Gives the hooks and components below it their client. Components with the same client share what they load. */
export function KeepsakeProvider({ client, children }: KeepsakeProviderProps): ReactElement {
  return <Context.Provider value={client}>{children}</Context.Provider>;
}

/** The client of the provider above. */
export function useKeepsake(): Client {
  const client = useContext(Context);
  if (!client) throw new Error("Put a <KeepsakeProvider client={client}> above this component");
  return client;
}

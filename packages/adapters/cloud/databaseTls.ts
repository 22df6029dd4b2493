import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { readDatabaseUrl } from "@keepsake/contract/databaseUrl";

/**
 * The driver's options by which a certificate is verified for the address of a database that is reached by its
 * IP address. Without them, the driver names no host and Node verifies the certificate for `localhost`. Where a
 * connection string lists several addresses, a certificate for one of them is valid for all.
 */
export function tlsOptions(text: string) {
  const { hosts, isVerified } = readDatabaseUrl(text);
  const addresses = hosts.filter((host) => isIP(host));
  if (!isVerified || addresses.length === 0) return {};
  return {
    ssl: {
      checkServerIdentity(name: string, certificate: PeerCertificate) {
        if (hosts.includes(name)) return checkServerIdentity(name, certificate);
        const problems = addresses.map((address) => checkServerIdentity(address, certificate));
        return problems.includes(undefined) ? undefined : problems[0];
      },
    },
  };
}

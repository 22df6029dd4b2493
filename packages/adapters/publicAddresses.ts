import * as dns from "node:dns";
import { BlockList, isIPv4, type LookupFunction } from "node:net";
import { PermanentError } from "@keepsake/core/outsideServiceErrors";

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

/**
 * The `lookup` of a socket that connects to public addresses only. The socket gets the addresses that were
 * checked, so a name that resolves to another address a moment later (DNS rebinding) gains nothing. One
 * private address among several refuses them all. It is not called for a host that is an address itself.
 */
export function publicLookup(resolve: Resolve = dns.lookup): LookupFunction {
  return (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const refusal = error ?? refusalOf(addresses);
      if (refusal) callback(refusal, []);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
}

const refusalOf = (addresses: dns.LookupAddress[]) =>
  addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address))
    ? undefined
    : new PermanentError("refused", "The host's name leads to an address that is not public");

/**
 * Whether an address belongs to the public Internet: none of a private network, this machine, a link, a
 * provider's network (CGNAT), a cloud's metadata service or a range that is reserved. An IPv6 address that
 * stands for an IPv4 address (mapped, NAT64) is what that one is.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !reserved.check(address, "ipv4");
  const groups = groupsOf(address);
  if (!groups) return false;
  const [a, b, c, d, e, f, g, h] = groups as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isMapped = !(a || b || c || d || e) && f === 0xffff;
  const isNat64 = a === 0x64 && b === 0xff9b && !(c || d || e || f);
  if (isMapped || isNat64) return isPublicAddress([g >> 8, g & 255, h >> 8, h & 255].join("."));
  const isGlobal = a >= 0x2000 && a <= 0x3fff;
  return isGlobal && !reserved.check(groups.map((group) => group.toString(16)).join(":"), "ipv6");
}

/** The eight groups of an IPv6 address. Undefined for any other text, and for one with a zone. */
function groupsOf(address: string): number[] | undefined {
  const host = URL.parse(`http://[${address}]/`)?.hostname; // in the form of RFC 5952, without dots
  if (!host) return undefined;
  const [head, tail] = host.slice(1, -1).split("::").map(groupsIn) as [number[], number[]?];
  return tail ? [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail] : head;
}

const groupsIn = (text: string) =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));

/**
 * What is not global in https://www.iana.org/assignments/iana-ipv4-special-registry and, within 2000::/3, in
 * https://www.iana.org/assignments/iana-ipv6-special-registry. 6to4 and Teredo lead to IPv4 addresses.
 */
const reserved = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // CGNAT, with Alibaba's metadata service
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // Azure's own services in every virtual machine
  ["169.254.0.0", 16], // of a link, with the metadata services of AWS, Google and Azure
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, reserved, broadcast
] as const)
  reserved.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  reserved.addSubnet(network, bits, "ipv6");

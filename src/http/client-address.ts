import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Tells whether an address is that of a trusted proxy, whose `X-Forwarded-For` is believed. */
export type TrustsProxy = (address: string) => boolean;

/**
 * Returns the client's address in normal form: the peer's or, as far as trusted proxies have written it, the one in
 * `X-Forwarded-For`. Null when it is unknown: a trusted proxy has passed on no valid address. A trusted proxy's own
 * address never stands in for its clients', because they would be locked out together.
 * @param peer the other end of the connection, null if it is unknown.
 * @param forwardedFor the header; several are joined by commas.
 */
export function clientAddress(
  peer: string | null,
  forwardedFor: string | undefined,
  trusts: TrustsProxy,
): string | null {
  if (peer === null || !trusts(peer)) return peer;
  // Each proxy appends the address of its caller. Anything before the last untrusted one may be forged.
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    const address = parseAddress(hop);
    if (address === null || !trusts(address)) return address;
  }
  return null;
}

/**
 * Parses an address as proxies write it: with a port, in brackets, quoted, with a zone, or as IPv4-mapped IPv6. Null
 * for anything else, such as `unknown` and obfuscated names (RFC 7239, section 6).
 */
export function parseAddress(written: string): string | null {
  const unquoted = written.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed = unquoted] = /^\[([^\]]*)\](?::\w+)?$/.exec(unquoted) ?? [];
  // One colon: an IPv4 address and its port.
  const [, withoutPort = bracketed] = /^([^:]+):\w+$/.exec(bracketed) ?? [];
  const [address = ''] = withoutPort.split('%');
  return isIP(address) === 0 ? null : ipaddr.process(address).toString();
}

/** Returns whether an address is loopback, link-local or private, as proxies' are and internet clients' aren't. */
export function isInternal(address: string): boolean {
  return ['loopback', 'linkLocal', 'private', 'uniqueLocal', 'carrierGradeNat'].includes(
    ipaddr.process(address).range(),
  );
}

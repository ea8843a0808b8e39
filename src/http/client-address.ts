import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether the address is that of a proxy whose word for addresses is believed. */
export type TrustsProxy = (address: string) => boolean;

/**
 * The client's address, in its usual form: the peer's or, as far as trusted proxies have written it, what
 * `X-Forwarded-For` says. Null when nobody knows: the client has gone, or a trusted proxy has passed nothing on that
 * is an address. A proxy's own address never stands for its clients': they would be locked out together.
 * @param peer the other end of the connection, null once it has gone away.
 * @param forwardedFor the header, several joined by commas.
 */
export function clientAddress(
  peer: string | null,
  forwardedFor: string | undefined,
  trusts: TrustsProxy,
): string | null {
  if (peer === null || !trusts(peer)) return peer;
  // Each proxy has added whom it was called by. What stands before the first that is not trusted is anybody's word.
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    const address = parseAddress(hop);
    if (address === null || !trusts(address)) return address;
  }
  return null;
}

/**
 * An address as proxies write it: with a port, in brackets, quoted, with a zone, IPv4 mapped into IPv6. Null of
 * anything else, such as `unknown` and obfuscated names (RFC 7239, section 6).
 */
export function parseAddress(written: string): string | null {
  const unquoted = written.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed = unquoted] = /^\[([^\]]*)\](?::\w+)?$/.exec(unquoted) ?? [];
  // One colon: an IPv4 address and its port.
  const [, withoutPort = bracketed] = /^([^:]+):\w+$/.exec(bracketed) ?? [];
  const [address = ''] = withoutPort.split('%');
  return isIP(address) === 0 ? null : ipaddr.process(address).toString();
}

/** Loopback, link-local and private addresses: where proxies are, and clients of the internet are not. */
export function isInternal(address: string): boolean {
  return ['loopback', 'linkLocal', 'private', 'uniqueLocal', 'carrierGradeNat'].includes(
    ipaddr.process(address).range(),
  );
}

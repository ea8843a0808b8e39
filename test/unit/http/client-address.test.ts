import proxyAddress from 'proxy-addr';
import { describe, expect, it } from 'vitest';
import { clientAddress, isInternal, parseAddress } from '../../../src/http/client-address.ts';

const compiled = proxyAddress.compile(['loopback', '10.0.0.0/8', '2001:db8:ffff::/48']);
const trusts = (address: string) => compiled(address, 0);
const from = (forwardedFor: string | undefined, peer = '127.0.0.1') =>
  clientAddress(parseAddress(peer), forwardedFor, trusts);

describe('the client behind a trusted proxy', () => {
  it.each([
    ['198.51.100.9', '198.51.100.9'],
    ['198.51.100.9:40001', '198.51.100.9'],
    ['198.51.100.9:_port', '198.51.100.9'],
    ['[198.51.100.9]:40001', '198.51.100.9'],
    ['"198.51.100.9:40001"', '198.51.100.9'],
    ['2001:DB8:0:1::1', '2001:db8:0:1::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::ffff:198.51.100.9', '198.51.100.9'],
    ['[::ffff:c633:6409]:443', '198.51.100.9'],
    [' \t198.51.100.9 ', '198.51.100.9'],
    ['203.0.113.1, 198.51.100.9:1', '198.51.100.9'],
    ['203.0.113.1,198.51.100.9:1,10.0.0.1:80', '198.51.100.9'],
    ['198.51.100.9, [2001:db8:ffff::1]:80, ::ffff:10.0.0.1, 127.0.0.1', '198.51.100.9'],
    ['not an address, 198.51.100.9', '198.51.100.9'],
    [`${'203.0.113.1, '.repeat(999)}198.51.100.9`, '198.51.100.9'],
    [`198.51.100.9${', 10.0.0.1'.repeat(999)}`, '198.51.100.9'],
  ])('%s is %s', (header, address) => {
    expect(from(header)).toBe(address);
  });

  it.each([
    ['no header', undefined],
    ['nothing', ''],
    ['spaces', '   '],
    ['a comma', ','],
    ['nothing at its end', '198.51.100.9,'],
    ['a word', 'unknown'],
    ['a word behind an address', '198.51.100.9, unknown'],
    ['a word behind an address and before a proxy', '198.51.100.9, unknown, 10.0.0.1'],
    ['an obfuscated name', '_hidden'],
    ['an obfuscated name with a port', '"_SEVKISEK:443"'],
    ['a socket', 'unix:'],
    ['a number', '3405803777'],
    ['an address in octal', '0306.063.0144.011'],
    ['a short address', '198.51.9'],
    ['open brackets', '[2001:db8::1'],
    ['empty brackets', '[]:443'],
    ['open quotes', '"198.51.100.9'],
    ['16 kB of colons', ':'.repeat(16_000)],
    ['nobody but proxies', '10.1.1.1, 10.0.0.1'],
    ['a thousand proxies', Array(1_000).fill('10.0.0.1').join()],
  ])('is unknown when the header has %s: never is the proxy taken for it', (_what, header) => {
    expect(from(header)).toBeNull();
  });
});

describe('a peer that is not trusted', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is the client, whatever it says', (peer, address) => {
    expect(from('198.51.100.9', peer)).toBe(address);
    expect(from(undefined, peer)).toBe(address);
  });

  it('is nobody once it has gone', () => {
    expect(clientAddress(null, '198.51.100.9', trusts)).toBeNull();
  });
});

describe('an internal address', () => {
  it.each([
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '172.17.0.1',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.1',
    'fd00::1',
  ])('%s is where proxies are', (address) => {
    expect(isInternal(address)).toBe(true);
  });

  it.each(['198.51.100.9', '8.8.8.8', '2600::1'])('%s is none', (address) => {
    expect(isInternal(address)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { createOriginMatcher, describeOriginFault } from '../../../src/config/allowed-origins.ts';

describe('an entry of ALLOWED_ORIGINS', () => {
  it.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'http://localhost:8200',
    'http://[::1]:8200',
    'https://xn--9d0bm53a3zb.kr',
    'https://*.example.com',
    'https://*.example.com:8443',
    'https://*.app.example.co.kr',
    'https://*.re.io',
    'https://*.corp.internal',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'app://bundle',
    'chrome-extension://abcdefghijklmnop',
  ])('may be %s', (entry) => {
    expect(describeOriginFault(entry)).toBeNull();
  });

  it.each([
    '*',
    'null',
    'example.com',
    'https://',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com?query',
    'https://app.example.com#part',
    'https://user@app.example.com',
    'https://App.example.com',
    'HTTPS://app.example.com',
    'https://app.example.com:443',
    'http://app.example.com:80',
    'https://회사.한국',
    'capacitor://localhost/',
    'capacitor://Localhost',
    'file:///index.html',
    'file://localhost',
    'data:text/html,x',
    'ws://app.example.com',
    'https://*',
    'https://*.',
    'https://*.com',
    'https://*.kr',
    'https://*.localhost',
    'https://*.co.kr',
    'https://*.com.au',
    'https://*.github.io',
    'https://*.vercel.app',
    'https://*.seoul.kr',
    'https://*.s3.amazonaws.com',
    'https://*.myshopify.com',
    'https://*.example.com:0',
    'https://*.example.com:443',
    'https://*.example.com/',
    'https://*.Example.com',
    'https://*.0.0.1',
    'https://*.*.example.com',
    'https://app*.example.com',
    'https://app.*.com',
    'https://app.example.com:*',
    'http://*.example.com',
    '*://app.example.com',
    '*.example.com',
    'capacitor://*',
  ])('may not be %s, which no page has, or a stranger’s', (entry) => {
    expect(describeOriginFault(entry)).toMatch(/^(is|has|names|would) /);
  });
});

describe('the matcher', () => {
  const matches = createOriginMatcher([
    'https://app.example.com',
    'https://*.tenants.example.com',
    'https://*.example.org:8443',
    'capacitor://localhost',
  ]);

  it.each([
    'https://app.example.com',
    'https://acme01.tenants.example.com',
    'https://acme_01.tenants.example.com',
    'https://xn--9d0bm53a.tenants.example.com',
    'https://a.tenants.example.com',
    'https://acme01.example.org:8443',
    'capacitor://localhost',
  ])('lets %s in', (origin) => {
    expect(matches(origin)).toBe(true);
  });

  it.each([
    '',
    'null',
    'http://app.example.com',
    'https://app.example.com:444',
    'https://app.example.com.evil.test',
    'https://tenants.example.com',
    'https://.tenants.example.com',
    'https://a.b.tenants.example.com',
    'https://acme01.tenants.example.com.evil.test',
    'https://acme01.tenants.example.com:8443',
    'http://acme01.tenants.example.com',
    'https://acme01xtenants.example.com',
    'https://acme01.tenantsxexample.com',
    'https://eviltenants.example.com',
    'https://evil.test/.tenants.example.com',
    'https://evil.test#.tenants.example.com',
    'https://user@a.tenants.example.com',
    'https://-.tenants.example.com',
    'https://acme01.example.org',
    'https://*.tenants.example.com',
    'https://acme01.tenants.example.com\n',
    'capacitor://localhost:1',
    'ionic://localhost',
  ])('keeps %j out', (origin) => {
    expect(matches(origin)).toBe(false);
  });
});

describe('the matcher of a development server', () => {
  const matches = createOriginMatcher([], true);

  it.each([
    'http://localhost:5173',
    'http://localhost',
    'https://localhost:3000',
    'http://127.0.0.1:4200',
    'http://[::1]:8080',
  ])('lets %s in', (origin) => {
    expect(matches(origin)).toBe(true);
    expect(createOriginMatcher([])(origin)).toBe(false);
  });

  it.each([
    'http://localhost.evil.test:5173',
    'http://evil.test:5173',
    'http://localhost:5173.evil.test',
    'http://localhost:5173/',
    'http://user@localhost:5173',
    'http://127.0.0.10:5173',
    'http://127x0x0x1',
    'http://0.0.0.0:5173',
    'ftp://localhost:5173',
    'null',
  ])('keeps %s out', (origin) => {
    expect(matches(origin)).toBe(false);
  });
});

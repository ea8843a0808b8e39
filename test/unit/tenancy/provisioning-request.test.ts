import { describe, expect, it } from 'vitest';
import { provisioningRequestSchema } from '../../../src/tenancy/provisioning/provisioning-request.ts';

const request = { tenantKey: 'acme01', companyName: 'ACME Corporation' };

describe('a request for a tenant', () => {
  it.each([
    {},
    { companyName: '주식회사 "에이씨엠이"' },
    { tenantKey: 'a_1' },
    { adminUsername: 'ศิริพร', adminEmail: '홍길동@회사.한국' },
    { tenantKey: `a${'b'.repeat(30)}` },
    { dbHost: '::1', dbPort: 5433, dbName: 'acme-01', dbUser: 'acme$user' },
    { dbUser: 'x'.repeat(55) },
    { plan: 'enterprise', maxUsers: 200 },
  ])('is accepted: %j', (more) => {
    expect(provisioningRequestSchema.safeParse({ ...request, ...more }).success).toBe(true);
  });

  it.each([
    ['tenantKey', ''],
    ['tenantKey', 'ab'],
    ['tenantKey', '1acme'],
    ['tenantKey', 'acme-01'],
    ['tenantKey', `acme"'`],
    ['tenantKey', 'a'.repeat(300)],
    ['companyName', ''],
    ['companyName', 'x'.repeat(256)],
    ['companyName', 'nul\u0000'],
    ['plan', 'gold'],
    ['maxUsers', 0],
    ['dbHost', 'db; rm -rf /'],
    ['dbHost', ''],
    ['dbPort', 0],
    ['dbPort', 65_536],
    ['dbName', 'x"; DROP DATABASE y; --'],
    ['dbName', 'x'.repeat(64)],
    ['dbUser', ''],
    ['dbUser', 'x'.repeat(56)],
    ['dbUser', 'pg_acme'],
    ['dbUser', 'public'],
    ['dbUser', 'none'],
    ['dbPassword', 'short'],
    ['dbPassword', 'with a space in it'],
    ['dbPassword', 'x'.repeat(129)],
    ['adminPassword', 'weak'],
    ['adminEmail', 'nobody'],
    ['adminUsername', 'nul\u0000l'],
    ['adminUsername', 'has space'],
  ])('is refused for its %s %j alone', (field, value) => {
    const result = provisioningRequestSchema.safeParse({ ...request, [field]: value });
    expect(result.error?.issues.map(({ path }) => path[0])).toContain(field);
  });

  it.each([' Acme01 ', 'ACME01', 'ａｃｍｅ０１', 'acme\u200b01', 'acme01\n'])(
    'has its tenantKey %j folded as usernames are',
    (tenantKey) => {
      expect(provisioningRequestSchema.parse({ ...request, tenantKey }).tenantKey).toBe('acme01');
    },
  );
});

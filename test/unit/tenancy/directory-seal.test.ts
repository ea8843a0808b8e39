import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDirectorySeal } from '../../../src/tenancy/directory-seal.ts';
import type { DirectoryTenant } from '../../../src/tenancy/tenant.ts';
import { directly } from '../../support/addresses.ts';

const encryptionKey = randomBytes(32);
const seal = createDirectorySeal({ encryptionKey, previousEncryptionKeys: [] });

const tenant: DirectoryTenant = {
  id: 1,
  tenantKey: 'acme01',
  companyName: '에이씨엠이\n"Corporation"',
  status: 'active',
  plan: 'starter',
  maxUsers: 50,
  dbHost: 'db',
  dbPort: 5432,
  dbName: 'tenant_acme01',
  dbUser: 'tenant_acme01',
  dbPasswordEncrypted: 'v2.x',
  publicSettings: [{ key: 'branding', value: { colour: '#0af' } }],
  dataKeys: ['v2.y'],
  ...directly,
};
const entry = { tenant, readAt: 1_700_000_000_000 };

describe('an entry of the directory', () => {
  it('is read by whoever has the key, for the tenant that it was written for', () => {
    expect(seal.open('acme01', seal.seal(entry))).toEqual(entry);
    expect(seal.open('beta02', seal.seal(entry))).toBe('forged');
  });

  it('is read during a change of keys, whichever of both has sealed it', () => {
    const newKey = randomBytes(32);
    const before = createDirectorySeal({ encryptionKey, previousEncryptionKeys: [newKey] });
    const after = createDirectorySeal({ encryptionKey: newKey, previousEncryptionKeys: [encryptionKey] });
    expect(before.open('acme01', after.seal(entry))).toEqual(entry);
    expect(after.open('acme01', before.seal(entry))).toEqual(entry);
    expect(seal.open('acme01', after.seal(entry))).toBe('forged');
  });

  it.each([
    ['another port', (text: string) => text.replace('5432', '5433')],
    ['another status', (text: string) => text.replace('active', 'suspended')],
    ['another time', (text: string) => text.replace('1700000000000', '1800000000000')],
    ['another code', (text: string) => text.replace(/^v1\../, 'v1.-')],
    ['something more', (text: string) => `${text} `],
    ['no code', (text: string) => text.replace(/^v1\.[^.]+/, 'v1.')],
    ['another version', (text: string) => text.replace('v1.', 'v2.')],
    ['nothing but JSON, as earlier versions wrote it', () => JSON.stringify(tenant)],
    ['nothing', () => ''],
  ])('is not believed with %s', (_title, change) => {
    const forged = change(seal.seal(entry));
    expect(forged).not.toBe(seal.seal(entry));
    expect(seal.open('acme01', forged)).toBe('forged');
  });
});

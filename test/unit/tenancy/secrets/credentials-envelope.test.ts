import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CredentialsError, createCredentialsEnvelope } from '../../../src/tenancy/credentials-envelope.ts';

describe('the credentials envelope', () => {
  const envelope = createCredentialsEnvelope(randomBytes(32));

  it.each(['Password123!', '', '비밀번호 🔑', 'x'.repeat(10_000)])('opens to what was sealed', (password) => {
    expect(envelope.open('acme01', envelope.seal('acme01', password))).toBe(password);
  });

  it('does not contain the password, and never looks the same twice', () => {
    const [first, second] = [
      envelope.seal('acme01', 'Password123!'),
      envelope.seal('acme01', 'Password123!'),
    ];
    expect(first).not.toBe(second);
    expect(Buffer.from(first.slice(3), 'base64url').includes('Password')).toBe(false);
  });

  it("does not open in another tenant's name", () => {
    const sealed = envelope.seal('acme01', 'Password123!');
    expect(() => envelope.open('beta02', sealed)).toThrow(CredentialsError);
  });

  it('does not open with another key', () => {
    const sealed = createCredentialsEnvelope(randomBytes(32)).seal('acme01', 'Password123!');
    expect(() => envelope.open('acme01', sealed)).toThrow(CredentialsError);
  });

  it('does not open when any byte was changed', () => {
    const bytes = Buffer.from(envelope.seal('acme01', 'Password123!').slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const altered = Buffer.from(bytes);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(() => envelope.open('acme01', `v1.${altered.toString('base64url')}`)).toThrow(CredentialsError);
    }
  });

  it.each(['', 'v1', 'v1.', 'v1.AAAA', 'v2.AAAA', 'plain password', 'v1.a.b'])(
    'refuses %j without quoting it',
    (text) => {
      expect(() => envelope.open('acme01', text)).toThrow(/^The stored credentials of tenant acme01/);
    },
  );
});

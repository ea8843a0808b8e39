import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createCredentialsEnvelope,
  credentialsKeyId,
} from '../../../../src/tenancy/secrets/credentials-envelope.ts';
import { CredentialsError } from '../../../../src/tenancy/secrets/credentials-error.ts';

const payloadOf = (envelope: string) => Buffer.from(envelope.split('.').at(-1) ?? '', 'base64url');

/** An envelope as the first version made it. */
function sealedByFirstVersion(key: Uint8Array, name: string, secret: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(
    Buffer.from(`cxg-graphql-api/tenant-credentials/v1/${name}`),
  );
  const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
}

describe('several keys', () => {
  const [oldest, older, newest] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const envelope = createCredentialsEnvelope(newest, [older, oldest]);

  it('open what each has sealed, and the first alone seals', () => {
    for (const key of [oldest, older, newest]) {
      const sealed = createCredentialsEnvelope(key).seal('acme01', 'Password123!');
      expect(envelope.open('acme01', sealed)).toBe('Password123!');
      expect(envelope.keyIdOf('acme01', sealed)).toBe(credentialsKeyId(key));
    }
    expect(envelope.keyIdOf('acme01', envelope.seal('acme01', 'x'))).toBe(credentialsKeyId(newest));
  });

  it('open envelopes of the first version, which named no key', () => {
    const sealed = sealedByFirstVersion(oldest, 'acme01', 'Password123!');
    expect(envelope.open('acme01', sealed)).toBe('Password123!');
    expect(envelope.keyIdOf('acme01', sealed)).toBe(credentialsKeyId(oldest));
    expect(() => envelope.open('beta02', sealed)).toThrow(CredentialsError);
  });

  it('name the one that is missing, when it is', () => {
    const sealed = createCredentialsEnvelope(older).seal('acme01', 'Password123!');
    expect(() => createCredentialsEnvelope(newest, [oldest]).open('acme01', sealed)).toThrow(
      `sealed with the key ${credentialsKeyId(older)}, which is neither`,
    );
  });

  it('are not interchangeable under their names', () => {
    const sealed = createCredentialsEnvelope(older).seal('acme01', 'Password123!');
    const renamed = sealed.replace(credentialsKeyId(older), credentialsKeyId(newest));
    expect(() => envelope.open('acme01', renamed)).toThrow(CredentialsError);
  });
});

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
    expect(payloadOf(first).includes('Password')).toBe(false);
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
    const bytes = payloadOf(envelope.seal('acme01', 'Password123!'));
    for (let index = 0; index < bytes.length; index++) {
      const altered = Buffer.from(bytes);
      altered[index] = (altered[index] ?? 0) ^ 1;
      for (const version of ['v1', `v2.${envelope.sealingKeyId}`]) {
        expect(() => envelope.open('acme01', `${version}.${altered.toString('base64url')}`)).toThrow(
          CredentialsError,
        );
      }
    }
  });

  it.each([
    '',
    'v1',
    'v1.',
    'v1.AAAA',
    'v2.AAAA',
    'plain password',
    'v1.a.b',
    'v2.00000000.AAAA',
    `v3.${'A'.repeat(60)}`,
  ])('refuses %j without quoting it', (text) => {
    expect(() => envelope.open('acme01', text)).toThrow(/^The stored credentials of tenant acme01/);
  });
});

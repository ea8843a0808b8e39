import { Socket } from 'node:net';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { settingPassword } from '../../../src/db/role-passwords.ts';

const password = 'a-password-for-tests';

/** A client that is connected to that address; to a socket file if there is none. */
function clientAt(remoteAddress: string | undefined): pg.Client {
  const stream = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  return new pg.Client({ stream: () => stream });
}

/** Sets a password on a server that refuses verifiers, and returns what it was sent. */
async function literalsSent(remoteAddress: string | undefined, message: string): Promise<string[]> {
  const sent: string[] = [];
  await settingPassword(clientAt(remoteAddress), password, async (literal) => {
    sent.push(literal);
    if (literal.includes('SCRAM-SHA-256$')) throw new pg.DatabaseError(message, 0, 'error');
  });
  return sent;
}

const verifier = expect.stringMatching(/^'SCRAM-SHA-256\$4096:/);

describe('a password for a server that refuses verifiers', () => {
  const wantsPasswords = 'password type is not a plain text';

  it.each([undefined, '127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'is sent within the machine: %s',
    async (address) => {
      expect(await literalsSent(address, wantsPasswords)).toEqual([verifier, `'${password}'`]);
    },
  );

  it('is not sent to another machine without TLS', async () => {
    await expect(literalsSent('10.0.0.7', wantsPasswords)).rejects.toThrow('connect to it with TLS');
  });

  it('is not sent after any other error', async () => {
    await expect(literalsSent('127.0.0.1', 'permission denied')).rejects.toThrow('permission denied');
  });
});

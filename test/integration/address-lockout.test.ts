import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lockoutRules } from '../../src/auth/lockout.ts';
import { createLoginAddresses, lockedNetwork, turnNetwork } from '../../src/auth/login-addresses.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { addUser } from '../support/session-client.ts';

let fleet: TestFleet;
let acme: TestTenant;
/** Stands behind a proxy on this machine, whose word for addresses it takes. */
let proxied: ListeningServer;
/** The same, as another process. */
let second: ListeningServer;
/** Trusts nobody. */
let direct: ListeningServer;
let databases: DatabaseServer;

const limit = 3;
const lockSeconds = 600;

beforeAll(async () => {
  fleet = await createTestFleet({
    LOGIN_FAILURE_LIMIT: '100',
    LOGIN_ADDRESS_FAILURE_LIMIT: String(limit),
    LOGIN_LOCK_MINUTES: String(lockSeconds / 60),
    TENANT_DIRECTORY_CACHE_TTL: '300',
  });
  acme = await fleet.provision('acme01');
  await addUser(acme, 'john');
  databases = connectToDatabaseServer();
  [proxied, second, direct] = await Promise.all([
    listen(fleet.app, '127.0.0.1', 0, { trustedProxies: ['loopback'] }),
    listen(fleet.startApp().app, '127.0.0.1', 0, { trustedProxies: ['loopback'] }),
    listen(fleet.app, '127.0.0.1', 0),
  ]);
});
afterAll(async () => {
  await Promise.all([proxied.close(), second.close(), direct.close()]);
  await databases.close();
  await fleet.close();
});

const bodySchema = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.looseObject({ code: z.string() }) }))
    .default([]),
});

interface Attempt {
  /** The client's address according to the proxy. */
  readonly from?: string;
  readonly server?: ListeningServer;
  readonly username?: string;
  readonly tenantKey?: string;
  readonly password?: string;
}

/** Signs in over a socket, with a wrong password unless told. */
async function attempt({
  from,
  server = proxied,
  username = 'john',
  tenantKey = 'acme01',
  password = 'Wrong-1!',
}: Attempt) {
  const { status, headers, text } = await post(
    server.port,
    {
      query: 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }',
      variables: { input: { tenantKey, username, password } },
    },
    from,
  );
  const { data, errors } = bodySchema.parse(JSON.parse(text));
  return { status, headers, data, errors, text, code: errors[0]?.extensions.code ?? 'signed in' };
}

/** A connection of its own for each request: fetch would keep some. */
function post(port: number, body: object, forwardedFor: string | undefined) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      const sent = request(
        {
          port,
          host: '127.0.0.1',
          path: '/graphql',
          method: 'POST',
          agent: false,
          headers: {
            'content-type': 'application/json',
            'x-request-id': 'the-same',
            ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        },
      );
      sent.once('error', reject);
      sent.end(JSON.stringify(body));
    },
  );
}

const fail = (times: number, options: Attempt) =>
  Promise.all(Array.from({ length: times }, () => attempt(options)));
const codesOf = (answers: readonly { code: string }[]) => answers.map(({ code }) => code).sort();
const row = (address: string) =>
  fleet.tools.central.loginAddress.findUnique({ where: { address: lockedNetwork(address) } });

/** Brings the address to one failure before its lock. */
async function lock(from: string) {
  await fail(limit, { from });
  const answer = await attempt({ from });
  expect(answer.code).toBe('RATE_LIMITED');
  return answer;
}

/** Moves what is known of an address into the past. */
async function pass(address: string, seconds: number): Promise<void> {
  const { lastFailureAt, lockedUntil } = (await row(address)) ?? {};
  const earlier = (time: Date | null | undefined) => time && new Date(time.getTime() - seconds * 1_000);
  await fleet.tools.central.loginAddress.update({
    where: { address: lockedNetwork(address) },
    data: { lastFailureAt: earlier(lastFailureAt) ?? new Date(), lockedUntil: earlier(lockedUntil) ?? null },
  });
}

describe.concurrent('an address', () => {
  it('is told to wait after too many failures, in the answer and in a header', async () => {
    const from = '198.51.100.1';
    expect(codesOf(await fail(limit, { from }))).toEqual(Array(limit).fill('INVALID_CREDENTIALS'));
    const { status, headers, errors, data } = await attempt({ from, password: testPassword });
    expect(data).toEqual({ login: null });
    expect(errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number), retryable: true } },
    ]);
    const seconds = z.int().parse(errors[0]?.extensions.retryAfter);
    expect(seconds).toBeGreaterThan(lockSeconds - 30);
    expect(seconds).toBeLessThanOrEqual(lockSeconds);
    expect(headers['retry-after']).toBe(String(seconds));
    expect(errors[0]?.message).toContain(String(seconds));
    expect(status).toBe(200);
  });

  it('is refused alike for accounts that exist and others, to the letter', async () => {
    const from = '198.51.100.2';
    await lock(from);
    const answers = await Promise.all(
      [
        { username: 'john' },
        { username: 'john', password: testPassword },
        { username: 'nobody' },
        { tenantKey: 'nobody9' },
      ].map((who) => attempt({ from, ...who })),
    );
    const seen = answers.map(({ status, headers: { date: _, ...headers }, text }) =>
      // A second may pass between two of them.
      JSON.stringify({ status, headers, text }).replaceAll(/\d{3} seconds|:\d{3}|"retry-after":"\d+"/g, '#'),
    );
    expect(new Set(seen).size).toBe(1);
    expect(new Set(codesOf(answers))).toEqual(new Set(['RATE_LIMITED']));
  });

  it('is counted over all accounts and tenants', async () => {
    const from = '198.51.100.3';
    await Promise.all([
      attempt({ from, username: 'a' }),
      attempt({ from, username: 'b' }),
      attempt({ from, tenantKey: 'nobody9' }),
    ]);
    expect((await attempt({ from, username: 'c' })).code).toBe('RATE_LIMITED');
  });

  it('leaves other addresses alone', async () => {
    await lock('198.51.100.4');
    expect((await attempt({ from: '198.51.100.5', password: testPassword })).code).toBe('signed in');
  });

  it('gets no more guesses at once than the limit', async () => {
    const codes = codesOf(await fail(20, { from: '198.51.100.6' }));
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(limit);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(20 - limit);
  });

  it('is counted by all processes together', async () => {
    const from = '198.51.100.7';
    await Promise.all([fail(2, { from, server: proxied }), fail(1, { from, server: second })]);
    expect((await attempt({ from, server: second })).code).toBe('RATE_LIMITED');
    expect((await attempt({ from, server: proxied })).code).toBe('RATE_LIMITED');
  });

  it('is not counted for sign-ins that succeed', async () => {
    const from = '198.51.100.8';
    for (let turn = 0; turn < limit + 2; turn++) {
      expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
    }
    expect(await row(from)).toMatchObject({ failures: 0, lockedUntil: null });
    await fail(limit - 1, { from });
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
  });

  it('is not held by the number of those who sign in, and a success takes a failure back', async () => {
    const from = '198.51.100.20';
    const everybody = await Promise.all(
      Array.from({ length: 8 }, () => attempt({ from, password: testPassword })),
    );
    expect(codesOf(everybody)).toEqual(Array(8).fill('signed in'));
    for (let turn = 0; turn <= limit; turn++) {
      await attempt({ from });
      expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
    }
    expect(await row(from)).toMatchObject({ failures: 0, lockCount: 0, lockedUntil: null, underWay: [] });
  });

  it('is let in when its attempts under way were lost with their process', async () => {
    const from = '198.51.100.21';
    const lostAt = new Date(Date.now() + 400);
    await fleet.tools.central.loginAddress.create({
      data: { address: from, underWay: Array(limit).fill(lostAt) },
    });
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
    expect(Date.now()).toBeGreaterThanOrEqual(lostAt.getTime());
  });

  it('may try again after a quiet time, and after its lock', async () => {
    const from = '198.51.100.9';
    await fail(limit, { from });
    await pass(from, lockSeconds + 1);
    await lock(from);
    await pass(from, lockSeconds + 1);
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
  });

  it('is locked twice as long each time in a row, and begins anew after a day', async () => {
    const from = '198.51.100.10';
    for (const seconds of [lockSeconds, 2 * lockSeconds, 4 * lockSeconds]) {
      const { errors } = await lock(from);
      expect(Math.abs(z.int().parse(errors[0]?.extensions.retryAfter) - seconds)).toBeLessThan(30);
      await pass(from, seconds + 1);
    }
    await pass(from, 86_400 + 1);
    const { errors } = await lock(from);
    expect(errors[0]?.extensions.retryAfter).toBeLessThanOrEqual(lockSeconds);
  });

  it('is never locked for longer than a day, and after a day’s lock not for less', async () => {
    const from = '198.51.100.11';
    await attempt({ from });
    await fleet.tools.central.loginAddress.update({ where: { address: from }, data: { lockCount: 1_000 } });
    await fail(limit - 1, { from });
    expect((await attempt({ from })).errors[0]?.extensions.retryAfter).toBe(86_400);
    await pass(from, 86_400 + 1);
    expect((await lock(from)).errors[0]?.extensions.retryAfter).toBe(86_400);
  });

  it('does not wait longer for trying while it is locked', async () => {
    const from = '198.51.100.12';
    await lock(from);
    const before = await row(from);
    await fail(10, { from });
    expect(await row(from)).toEqual(before);
  });

  it('is forgotten after two quiet days, whoever signs in next', async () => {
    const from = '198.51.100.13';
    await attempt({ from });
    await pass(from, 2 * 86_400 + 1);
    await attempt({ from: '198.51.100.14' });
    expect(await row(from)).toBeNull();
    expect(await row('198.51.100.14')).not.toBeNull();
  });
});

describe('the counters of addresses', () => {
  it('are used by realms in turn: a crowd at one, from as many networks, does not hold up another', async () => {
    const addresses = createLoginAddresses(
      fleet.tools.central,
      lockoutRules(fleet.configuration.lockout).address,
    );
    let counted = 0;
    const begin = async (address: string, realm: string) => {
      const admission = await addresses.begin(address, realm);
      counted++;
      if (admission.kind === 'admitted') await admission.attempt.end('unknown');
    };
    const crowd = Array.from({ length: 90 }, (_, index) => begin(`100.64.0.${index}`, 'nobody'));
    await begin('198.51.100.30', 'acme01');
    expect(counted).toBeLessThan(30);
    await Promise.all(crowd);
  });
});

describe.concurrent('what counts as one address', () => {
  it.each([
    [
      'addresses of one IPv6 /64',
      ['2001:db8:1:1::1', '2001:db8:1:1:ffff::2', '2001:0DB8:1:1::3', '2001:db8:1:1::4'],
    ],
    [
      'an IPv4 address and its IPv6-mapped form',
      ['203.0.113.1', '::ffff:203.0.113.1', '::FFFF:cb00:7101', '203.0.113.1'],
    ],
  ])('%s', async (_what, [a = '', b = '', c = '', d = '']) => {
    await Promise.all([a, b, c].map((from) => attempt({ from })));
    expect((await attempt({ from: d })).code).toBe('RATE_LIMITED');
  });

  it('two /64 networks are two', async () => {
    await lock('2001:db8:2:1::1');
    expect((await attempt({ from: '2001:db8:2:2::1' })).code).toBe('INVALID_CREDENTIALS');
  });

  it.each([
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['not an address', 'not an address'],
    [
      'what is no address, and long '.repeat(9),
      'what is no address, and long what is no address, and long what i',
    ],
  ])('%s is known as %s', (address, network) => {
    expect(lockedNetwork(address)).toBe(network);
  });

  it('takes turns with all the others of an IPv6 /48', () => {
    expect(turnNetwork('2001:db8:1:2::3')).toBe('2001:db8:1::/48');
    expect(turnNetwork('2001:db8:1:ffff::4')).toBe('2001:db8:1::/48');
    expect(turnNetwork('::ffff:203.0.113.1')).toBe('203.0.113.1');
  });
});

describe('X-Forwarded-For', () => {
  it('is ignored where no proxy is trusted', async () => {
    await fleet.tools.central.loginAddress.deleteMany({ where: { address: '127.0.0.1' } });
    for (let turn = 0; turn < limit; turn++) {
      await attempt({ server: direct, from: `203.0.113.${100 + turn}` });
    }
    expect((await attempt({ server: direct, from: '203.0.113.200' })).code).toBe('RATE_LIMITED');
    expect(await row('203.0.113.100')).toBeNull();
    await fleet.tools.central.loginAddress.deleteMany({ where: { address: '127.0.0.1' } });
  });

  it('is believed as far as trusted proxies wrote it: what the client wrote before is ignored', async () => {
    for (let turn = 0; turn < limit; turn++) {
      await attempt({ from: `192.0.2.${turn}, 203.0.113.50` });
    }
    expect((await attempt({ from: '192.0.2.77, 203.0.113.50' })).code).toBe('RATE_LIMITED');
    expect((await attempt({ from: '203.0.113.50, 203.0.113.51' })).code).toBe('INVALID_CREDENTIALS');
  });

  it.each([
    ['a port', '203.0.113.9:4711', '203.0.113.9'],
    ['brackets and a port', '[2001:db8:9::9]:443', '2001:db8:9::9'],
  ])('names the client with %s too, which is locked without its neighbours', async (_what, from, address) => {
    await fail(limit, { from });
    expect((await attempt({ from: address, password: testPassword })).code).toBe('RATE_LIMITED');
    expect((await attempt({ from: '203.0.113.10:4711', password: testPassword })).code).toBe('signed in');
    expect(await row('127.0.0.1')).toBeNull();
    expect(await acme.db.session.count({ where: { address: '203.0.113.10' } })).toBeGreaterThan(0);
  });

  it.each([
    ['a word', 'unknown'],
    ['5 kB of garbage', 'x'.repeat(5_000)],
    ['SQL', "'; DROP TABLE login_addresses; --"],
    ['nothing', ''],
    ['nobody but the proxy', '127.0.0.1'],
  ])('that is %s names nobody: the proxy is neither counted nor written down', async (_what, from) => {
    expect(codesOf(await fail(limit + 1, { from }))).toEqual(Array(limit + 1).fill('INVALID_CREDENTIALS'));
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
    expect(await row('127.0.0.1')).toBeNull();
    expect(await acme.db.session.count({ where: { address: '127.0.0.1' } })).toBe(0);
    expect(await acme.db.session.count({ where: { address: null } })).toBeGreaterThan(1);
  });

  it('that a proxy sends whom nobody trusts is told once, with the proxy’s address', async () => {
    const told: string[] = [];
    const server = await listen(fleet.app, '127.0.0.1', 0, {
      onUntrustedProxy: (proxy) => told.push(proxy),
    });
    try {
      await attempt({ server, username: 'nobody' });
      expect(told).toEqual([]);
      await attempt({ server, username: 'nobody', from: '203.0.113.1' });
      await attempt({ server, username: 'nobody', from: '203.0.113.2' });
      expect(told).toEqual(['127.0.0.1']);
    } finally {
      await server.close();
      await fleet.tools.central.loginAddress.deleteMany({ where: { address: '127.0.0.1' } });
    }
  });
});

describe('while the central database is away', () => {
  it('a user of a tenant that is known still signs in, and accounts are still refused', async () => {
    const from = '198.51.100.99';
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
    const central = new URL(fleet.configuration.centralDatabaseUrl).pathname.slice(1);
    await databases.run(`ALTER DATABASE ${central} ALLOW_CONNECTIONS false`);
    try {
      await databases.endConnections(central);
      expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
      expect(codesOf(await fail(limit + 2, { from }))).toEqual(Array(limit + 2).fill('INVALID_CREDENTIALS'));
      expect(fleet.log.join('\n')).toContain('Failed sign-ins are not counted by address');
    } finally {
      await databases.run(`ALTER DATABASE ${central} ALLOW_CONNECTIONS true`);
    }
    expect((await attempt({ from, password: testPassword })).code).toBe('signed in');
  });
});

describe('while a tenant’s database is away', () => {
  it('a sign-in that could not be looked at is no failure of its address', async () => {
    const from = '198.51.100.22';
    const { dbName } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'acme01' } });
    await databases.run(`ALTER DATABASE "${dbName}" ALLOW_CONNECTIONS false`);
    try {
      await databases.endConnections(dbName);
      const codes = codesOf(await fail(limit + 1, { from }));
      expect(new Set(codes)).toEqual(new Set(['TENANT_UNAVAILABLE']));
    } finally {
      await databases.run(`ALTER DATABASE "${dbName}" ALLOW_CONNECTIONS true`);
    }
    expect(await row(from)).toMatchObject({ failures: 0, underWay: [] });
  });
});

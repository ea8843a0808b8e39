import { createHmac, randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { secretKeyId } from '../../src/auth/signing-keys.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { createKeyFolder, type KeyFolder, type TestKeyFiles } from '../support/key-files.ts';
import { runScript } from '../support/run-script.ts';
import { accessClaims, refreshClaims } from '../support/tokens.ts';

let fleet: TestFleet;
let folder: KeyFolder;
let edwards: TestKeyFiles;
let rsa: TestKeyFiles;
let adminId: string;

beforeAll(async () => {
  [fleet, folder] = await Promise.all([createTestFleet(), createKeyFolder()]);
  const [acme] = await Promise.all([fleet.provision('acme01')]);
  [edwards, rsa] = await Promise.all([folder.addEd25519('ed-2026'), folder.addRsa('rsa-2026')]);
  adminId = (await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } })).id;
});
afterAll(() => Promise.all([fleet.close(), folder.remove()]));

type Settings = Readonly<Record<string, string>>;

const newSecret = () => randomBytes(48).toString('base64');
const signsWithSecret = (secret: string): Settings => ({ SECRET_KEY: secret });
const signsWithEdwards = (): Settings => ({
  ALGORITHM: 'EdDSA',
  SECRET_KEY: '',
  SIGNING_KEY_FILE: edwards.privateFile,
});
const signsWithRsa = (): Settings => ({
  ALGORITHM: 'RS256',
  SECRET_KEY: '',
  SIGNING_KEY_FILE: rsa.privateFile,
});

const signIn = async (graphql: GraphQLClient): Promise<{ accessToken: string; refreshToken: string }> => {
  const { data, codes } = await graphql(
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }',
    { variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword } } },
  );
  expect(codes).toEqual([]);
  return data.login;
};

const ask = async (graphql: GraphQLClient, token: string) => {
  const { data, codes } = await graphql('{ users { edges { node { username } } } }', { token });
  return { data, codes };
};

const refresh = async (graphql: GraphQLClient, token: string) => {
  const { codes } = await graphql(
    'mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken } }',
    { variables: { token } },
  );
  return codes;
};

const served = { data: { users: { edges: [{ node: { username: 'admin' } }] } }, codes: [] };
const refused = { data: { users: null }, codes: ['UNAUTHENTICATED'] };

const publicKeysOf = (app: App) => app.fetch(new Request('http://api.test/.well-known/jwks.json'));

describe('signing with', () => {
  const secret = newSecret();

  it.each<[string, () => Settings, () => string]>([
    ['HS256', () => signsWithSecret(secret), () => secretKeyId(secret)],
    ['EdDSA', signsWithEdwards, () => 'ed-2026'],
    ['RS256', signsWithRsa, () => 'rsa-2026'],
  ])('%s serves who signs in, and refreshes', async (algorithm, settings, kid) => {
    const { graphql } = fleet.startApp(settings());
    const { accessToken, refreshToken } = await signIn(graphql);
    for (const token of [accessToken, refreshToken]) {
      expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'JWT', kid: kid() });
    }
    expect(await ask(graphql, accessToken)).toEqual(served);
    expect(await ask(graphql, refreshToken)).toEqual(refused);
    expect(await refresh(graphql, accessToken)).toEqual(['UNAUTHENTICATED']);
    expect(await refresh(graphql, refreshToken)).toEqual([]);
  });
});

describe('rolling keys', () => {
  const [old, next] = [newSecret(), newSecret()];

  it.each<[string, { before: () => Settings; both: () => Settings; after: () => Settings }]>([
    [
      'from HS256 to HS256',
      {
        before: () => signsWithSecret(old),
        both: () => ({ ...signsWithSecret(next), PREVIOUS_SECRET_KEYS: `${newSecret()},${old}` }),
        after: () => signsWithSecret(next),
      },
    ],
    [
      'from HS256 to EdDSA',
      {
        before: () => signsWithSecret(old),
        both: () => ({ ...signsWithEdwards(), PREVIOUS_SECRET_KEYS: old }),
        after: signsWithEdwards,
      },
    ],
    [
      'from EdDSA to RS256',
      {
        before: signsWithEdwards,
        both: () => ({ ...signsWithRsa(), VERIFICATION_KEY_FILES: edwards.publicFile }),
        after: signsWithRsa,
      },
    ],
    [
      'from RS256 back to HS256',
      {
        before: signsWithRsa,
        both: () => ({
          ...signsWithSecret(old),
          VERIFICATION_KEY_FILES: `${edwards.publicFile}, ${rsa.privateFile}`,
        }),
        after: () => signsWithSecret(old),
      },
    ],
  ])('%s signs nobody out until the old key is dropped', async (_what, { before, both, after }) => {
    const earlier = await signIn(fleet.startApp(before()).graphql);
    const rolling = fleet.startApp(both()).graphql;
    expect(await ask(rolling, earlier.accessToken)).toEqual(served);
    expect(await refresh(rolling, earlier.refreshToken)).toEqual([]);

    const later = await signIn(rolling);
    const rolled = fleet.startApp(after()).graphql;
    expect(await ask(rolled, later.accessToken)).toEqual(served);
    expect(await ask(rolled, earlier.accessToken)).toEqual(refused);
    expect(await refresh(rolled, earlier.refreshToken)).toEqual(['UNAUTHENTICATED']);
  });

  it('lets every server verify the next key before one signs with it', async () => {
    const { accessToken } = await signIn(fleet.startApp(signsWithEdwards()).graphql);
    const waiting = fleet.startApp({ VERIFICATION_KEY_FILES: edwards.publicFile }).graphql;
    expect(await ask(waiting, accessToken)).toEqual(served);
  });
});

describe('/.well-known/jwks.json', () => {
  it('holds what a stranger needs to check a token, of each key', async () => {
    const edwardsSigns = fleet.startApp({ ...signsWithEdwards(), VERIFICATION_KEY_FILES: rsa.publicFile });
    const rsaSigns = fleet.startApp(signsWithRsa());
    const published = createLocalJWKSet(await (await publicKeysOf(edwardsSigns.app)).json());
    for (const { graphql } of [edwardsSigns, rsaSigns]) {
      const { accessToken } = await signIn(graphql);
      const { payload } = await jwtVerify(accessToken, published, {
        issuer: 'cxg-graphql-api',
        audience: 'cxg-graphql-api',
      });
      expect(payload.sub).toBe(adminId);
    }
  });

  it('holds public members alone, also of a private key file', async () => {
    const { app } = fleet.startApp({ ...signsWithEdwards(), VERIFICATION_KEY_FILES: rsa.privateFile });
    const response = await publicKeysOf(app);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: 'ed-2026', alg: 'EdDSA', use: 'sig' },
        {
          kty: 'RSA',
          n: expect.any(String),
          e: 'AQAB',
          kid: 'rsa-2026',
          alg: 'RS256',
          use: 'sig',
        },
      ],
    });
  });

  it('holds nothing of a secret', async () => {
    const { app } = fleet.startApp({ PREVIOUS_SECRET_KEYS: newSecret() });
    expect(await (await publicKeysOf(app)).json()).toEqual({ keys: [] });
  });

  it('may be kept for a while and read from any origin, and no other page may', async () => {
    const { headers } = await publicKeysOf(fleet.app);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    for (const path of [
      '/',
      '/health',
      '/metrics',
      '/nothing',
      '/.well-known/',
      '/graphql?query={__typename}',
    ]) {
      const other = await fleet.app.fetch(new Request(`http://api.test${path}`));
      expect(other.headers.get('cache-control')).toBe('no-store');
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('is the only page to be kept, whatever the client accepts', async () => {
    const response = await fleet.app.fetch(
      new Request('http://api.test/graphql?query={__typename}', { headers: { accept: 'text/event-stream' } }),
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('__typename');
  });
});

describe('a server that publishes its keys', () => {
  let graphql: GraphQLClient;
  let app: App;
  const secret = newSecret();

  beforeAll(() => {
    ({ app, graphql } = fleet.startApp({
      ...signsWithEdwards(),
      VERIFICATION_KEY_FILES: rsa.publicFile,
      PREVIOUS_SECRET_KEYS: secret,
    }));
  });

  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

  /** A token signed as HS256 with whatever bytes as the secret. */
  const hmacToken = (header: object, bytes: string | Buffer, claims = accessClaims('acme01', adminId)) => {
    const content = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
    return `${content}.${createHmac('sha256', bytes).update(content).digest('base64url')}`;
  };

  it.each<[string, () => Promise<string | Buffer> | string | Buffer]>([
    ['the PEM', () => edwards.publicPem],
    ['the PEM without its last line break', () => edwards.publicPem.trim()],
    ['the base64 of the PEM', () => edwards.publicPem.split('\n').slice(1, -2).join('')],
    ['the DER', () => Buffer.from(edwards.publicPem.split('\n').slice(1, -2).join(''), 'base64')],
    [
      'the published member x',
      async () => Buffer.from((await (await publicKeysOf(app)).json()).keys[0].x, 'base64url'),
    ],
    ['the published key', async () => JSON.stringify((await (await publicKeysOf(app)).json()).keys[0])],
    ['the PEM of the RSA key', () => rsa.publicPem],
    ['nothing', () => ''],
  ])('refuses a token whose HMAC secret is %s', async (_what, makeBytes) => {
    const bytes = await makeBytes();
    for (const kid of ['ed-2026', 'rsa-2026', secretKeyId(secret), undefined]) {
      expect(await ask(graphql, hmacToken({ kid }, bytes))).toEqual(refused);
    }
    const refreshing = hmacToken({ kid: 'ed-2026' }, bytes, refreshClaims('acme01', adminId));
    expect(await refresh(graphql, refreshing)).toEqual(['UNAUTHENTICATED']);
  });

  it('refuses a good HMAC under another key’s kid', async () => {
    expect(await ask(graphql, hmacToken({ kid: secretKeyId(secret) }, secret))).toEqual(served);
    expect(await ask(graphql, hmacToken({ kid: 'ed-2026' }, secret))).toEqual(refused);
    expect(await ask(graphql, hmacToken({ kid: 'ed-2026', alg: 'EdDSA' }, secret))).toEqual(refused);
  });

  it.each(['none', 'None', 'NONE', ''])('refuses alg %j under each kid', async (alg) => {
    for (const kid of ['ed-2026', 'rsa-2026', secretKeyId(secret)]) {
      const content = `${encode({ alg, typ: 'JWT', kid })}.${encode(accessClaims('acme01', adminId))}`;
      expect(await ask(graphql, `${content}.`)).toEqual(refused);
    }
  });

  it('takes a signature only of the key and in the algorithm that kid names', async () => {
    const stranger = await folder.addEd25519('stranger');
    const sign = (alg: string, kid: string | undefined, keys: TestKeyFiles) =>
      new SignJWT({ ...accessClaims('acme01', adminId) })
        .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
        .sign(keys.privateKey);
    expect(await ask(graphql, await sign('EdDSA', 'ed-2026', edwards))).toEqual(served);
    expect(await ask(graphql, await sign('RS256', 'rsa-2026', rsa))).toEqual(served);

    const forgeries: Parameters<typeof sign>[] = [
      ['EdDSA', 'ed-2026', stranger],
      ['EdDSA', 'stranger', stranger],
      ['EdDSA', 'rsa-2026', edwards],
      ['EdDSA', undefined, edwards],
      ['EdDSA', secretKeyId(secret), edwards],
      ['RS256', 'ed-2026', rsa],
      ['RS256', undefined, rsa],
      ['RS512', 'rsa-2026', rsa],
      ['PS256', 'rsa-2026', rsa],
    ];
    for (const forgery of forgeries) expect(await ask(graphql, await sign(...forgery))).toEqual(refused);
  });

  it.each([
    ['a path', '../../etc/passwd'],
    ['a device', '/dev/null'],
    ['the name of a prototype', '__proto__'],
    ['the name of a method', 'constructor'],
    ['ours and a NUL', 'ed-2026\u0000'],
    ['ours in capitals', 'ED-2026'],
    ['the file’s name', 'ed-2026.pem'],
    ['of 10,000 characters', 'k'.repeat(10_000)],
  ])('refuses a good signature whose kid is %s', async (_what, kid) => {
    const token = await new SignJWT({ ...accessClaims('acme01', adminId) })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
      .sign(edwards.privateKey);
    expect(await ask(graphql, token)).toEqual(refused);
  });
});

describe('issuer and audience', () => {
  it('are those of the server, which takes no token of another one with the same key', async () => {
    const ours = fleet.startApp({ TOKEN_ISSUER: 'https://api.test', TOKEN_AUDIENCE: 'spa' }).graphql;
    const { accessToken, refreshToken } = await signIn(ours);
    expect(await ask(ours, accessToken)).toEqual(served);
    for (const settings of [
      {},
      { TOKEN_ISSUER: 'https://api.test' },
      { TOKEN_AUDIENCE: 'spa' },
    ] satisfies Settings[]) {
      const other = fleet.startApp(settings).graphql;
      expect(await ask(other, accessToken)).toEqual(refused);
      expect(await refresh(other, refreshToken)).toEqual(['UNAUTHENTICATED']);
    }
  });
});

it('a server does not start with a key that can’t be used, and says why in one sentence', async () => {
  const { exitCode, stdout, stderr } = await runScript('src/main.ts', [], {
    ...fleet.environment,
    ...signsWithEdwards(),
    SIGNING_KEY_FILE: rsa.privateFile,
  });
  expect(exitCode).toBe(1);
  expect(stdout + stderr).toBe('SIGNING_KEY_FILE holds a key for RS256, and ALGORITHM is EdDSA.\n');
});

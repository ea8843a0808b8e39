import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadSigningKeys, secretKeyId } from '../../../src/auth/signing-keys.ts';
import { createTokenIssuer } from '../../../src/auth/token-issuer.ts';
import { createTokenVerifier } from '../../../src/auth/token-verifier.ts';
import type { AccessGrant } from '../../../src/auth/viewer.ts';
import { TokenExpiredError, UnauthenticatedError } from '../../../src/errors/index.ts';

const secretKey = randomBytes(48).toString('base64');
const keys = loadSigningKeys({
  signing: { algorithm: 'HS256', secretKey },
  previousSecretKeys: [],
  verificationKeyFiles: [],
});
const options = {
  issuer: 'us',
  audience: 'them',
  accessTokenSeconds: 60,
  refreshTokenSeconds: 86_400,
  clockToleranceSeconds: 5,
};
const issuer = createTokenIssuer(keys, options);
const verifier = createTokenVerifier(keys, options);

const viewer: AccessGrant = {
  userId: randomUUID(),
  sessionId: randomUUID(),
  tenantKey: 'acme01',
  role: 'tenant_user',
  permissions: new Set(['users:read']),
};
const manager: AccessGrant = { ...viewer, tenantKey: null, role: 'manager', permissions: new Set() };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);

describe('an access token', () => {
  it('says who signed it with which key, for whom, in which session', async () => {
    const { accessToken, expiresIn } = await issuer.issueAccessToken(viewer);
    expect(expiresIn).toBe(60);
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: 'HS256',
      typ: 'JWT',
      kid: secretKeyId(secretKey),
    });
    expect(decodeJwt(accessToken)).toMatchObject({
      iss: 'us',
      aud: 'them',
      sub: viewer.userId,
      sid: viewer.sessionId,
    });
  });

  it.each([viewer, manager, { ...manager, tenantKey: 'acme01' }])(
    'gives back the viewer that it was made for: $role in $tenantKey',
    async (made) => {
      const { accessToken } = await issuer.issueAccessToken(made);
      expect(await verifier.verifyAccessToken(accessToken)).toEqual(made);
    },
  );

  it('lives as long as told, up to 15 minutes, however short others live', async () => {
    const { accessToken, expiresIn } = await issuer.issueAccessToken(manager, 900);
    const { accessToken: longer } = await issuer.issueAccessToken(manager, 3_600);
    expect(expiresIn).toBe(900);
    passSeconds(890);
    expect(await verifier.verifyAccessToken(accessToken)).toEqual(manager);
    passSeconds(20);
    await expect(verifier.verifyAccessToken(accessToken)).rejects.toThrow(TokenExpiredError);
    await expect(verifier.verifyAccessToken(longer)).rejects.toThrow(TokenExpiredError);
  });
});

describe('on a server whose clock is off', () => {
  const tolerant = () => createTokenVerifier(keys, { ...options, clockToleranceSeconds: 30 });

  it.each([-30, -10, 10, 89])('by %i seconds against the issuer’s, a token is good', async (seconds) => {
    const { accessToken } = await issuer.issueAccessToken(viewer);
    const { refreshToken } = await issuer.issueRefreshToken(viewer);
    passSeconds(seconds);
    expect(await tolerant().verifyAccessToken(accessToken)).toEqual(viewer);
    await tolerant().verifyRefreshToken(refreshToken);
  });

  it('by more than is tolerated, a token is not good yet', async () => {
    const { accessToken } = await issuer.issueAccessToken(viewer);
    passSeconds(-31);
    await expect(tolerant().verifyAccessToken(accessToken)).rejects.toThrow(UnauthenticatedError);
  });

  it('a token is as long good when it was verified before as when it was not', async () => {
    const { accessToken } = await issuer.issueAccessToken(viewer);
    const remembering = tolerant();
    expect(await remembering.verifyAccessToken(accessToken)).toEqual(viewer);
    passSeconds(89);
    expect(await remembering.verifyAccessToken(accessToken)).toEqual(viewer);
    expect(await tolerant().verifyAccessToken(accessToken)).toEqual(viewer);
    passSeconds(1);
    await expect(remembering.verifyAccessToken(accessToken)).rejects.toThrow(TokenExpiredError);
    await expect(tolerant().verifyAccessToken(accessToken)).rejects.toThrow(TokenExpiredError);
  });

  it('nothing is tolerated when so told', async () => {
    const strict = createTokenVerifier(keys, { ...options, clockToleranceSeconds: 0 });
    const { accessToken } = await issuer.issueAccessToken(viewer);
    passSeconds(-1);
    await expect(strict.verifyAccessToken(accessToken)).rejects.toThrow(UnauthenticatedError);
    passSeconds(1);
    expect(await strict.verifyAccessToken(accessToken)).toEqual(viewer);
    passSeconds(60);
    await expect(strict.verifyAccessToken(accessToken)).rejects.toThrow(TokenExpiredError);
  });
});

it('a fault of our own is not called one of the token', async () => {
  const { accessToken } = await issuer.issueAccessToken(viewer);
  const { publicKey } = generateKeyPairSync('ed25519');
  const confused = { ...keys, verificationKey: () => ({ ...keys.signing, key: publicKey }) };
  const failure = createTokenVerifier(confused, options).verifyAccessToken(accessToken);
  await expect(failure).rejects.not.toBeInstanceOf(UnauthenticatedError);
});

describe('a token that was verified before', () => {
  it('is refused from the second on at which it expires, and still called expired', async () => {
    const { accessToken } = await issuer.issueAccessToken(viewer, 60);
    await verifier.verifyAccessToken(accessToken);
    passSeconds(59);
    expect(await verifier.verifyAccessToken(accessToken)).toEqual(viewer);
    passSeconds(10);
    await expect(verifier.verifyAccessToken(accessToken)).rejects.toThrow(TokenExpiredError);
  });

  it('lends nothing to one that differs in its last character', async () => {
    const { accessToken } = await issuer.issueAccessToken(viewer);
    await verifier.verifyAccessToken(accessToken);
    const other = accessToken.endsWith('A') ? 'Q' : 'A';
    await expect(verifier.verifyAccessToken(`${accessToken.slice(0, -1)}${other}`)).rejects.toThrow(
      UnauthenticatedError,
    );
  });
});

describe('a refresh token', () => {
  it.each(['acme01', null])('of a session in %j tells its id and its end', async (tenantKey) => {
    const { refreshToken, tokenId, expiresAt } = await issuer.issueRefreshToken({ ...viewer, tenantKey });
    const claims = await verifier.verifyRefreshToken(refreshToken);
    expect(claims).toMatchObject({
      sub: viewer.userId,
      sid: viewer.sessionId,
      jti: tokenId,
      tenant_key: tenantKey,
    });
    expect(expiresAt).toEqual(new Date(Date.UTC(2026, 0, 2)));
    expect(claims.exp * 1_000).toBe(expiresAt.getTime());
    passSeconds(86_410);
    await expect(verifier.verifyRefreshToken(refreshToken)).rejects.toThrow(TokenExpiredError);
  });

  it('is no access token, and the reverse', async () => {
    const { refreshToken } = await issuer.issueRefreshToken(viewer);
    const { accessToken } = await issuer.issueAccessToken(viewer);
    await expect(verifier.verifyAccessToken(refreshToken)).rejects.toThrow(UnauthenticatedError);
    await expect(verifier.verifyRefreshToken(accessToken)).rejects.toThrow(UnauthenticatedError);
  });
});

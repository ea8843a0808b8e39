import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientRequest } from '../support/graphql-client.ts';
import { addUser } from '../support/session-client.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01', { companyName: 'Acme', plan: 'pro' });
  await fleet.provision('beta02', { companyName: 'Beta' });
});
afterAll(() => fleet.close());

const fields = `accessToken refreshToken tenant { id key companyName plan }
  session { id uuid device isCurrent createdAt lastUsedAt expiresAt }`;
const login = (tenantKey: string | null, username: string, request: ClientRequest = {}) =>
  fleet.graphql(`mutation ($input: LoginInput!) { answer: login(input: $input) { ${fields} } }`, {
    ...request,
    variables: { input: { tenantKey, username, password: testPassword } },
  });
const refresh = (refreshToken: string, request: ClientRequest = {}) =>
  fleet.graphql(`mutation ($token: String!) { answer: refreshToken(refreshToken: $token) { ${fields} } }`, {
    ...request,
    variables: { token: refreshToken },
  });
const changePassword = (token: string) =>
  fleet.graphql(
    `mutation ($input: ChangePasswordInput!) { answer: changePassword(input: $input) { ${fields} } }`,
    { token, variables: { input: { currentPassword: testPassword, newPassword: 'Another-Password9!' } } },
  );

const sessionIdOf = (token: string) => z.object({ sid: z.uuid() }).parse(decodeJwt(token)).sid;
const acmeTenant = {
  id: encodeGlobalId('ViewerTenant', 'acme01'),
  key: 'acme01',
  companyName: 'Acme',
  plan: 'PRO',
};

/** The session of tokens that an answer names. */
const sessionOf = (accessToken: string) => ({
  id: encodeGlobalId('Session', sessionIdOf(accessToken)),
  uuid: sessionIdOf(accessToken),
  isCurrent: true,
});

describe.each([
  ['acme01', acmeTenant],
  [null, null],
] as const)('who signs in to %s', (tenantKey, tenant) => {
  beforeAll(async () => {
    if (tenantKey === null) await fleet.signInManager('operator');
    else await addUser(acme, 'operator');
  });

  it('is told the tenant and the session by a sign-in, a refresh and a change of the password', async () => {
    const first = (await login(tenantKey, 'operator')).data.answer;
    expect(first).toMatchObject({ tenant, session: sessionOf(first.accessToken) });
    const next = (await refresh(first.refreshToken)).data.answer;
    expect(next).toMatchObject({ tenant, session: sessionOf(first.accessToken) });
    const changed = (await changePassword(next.accessToken)).data.answer;
    expect(changed).toMatchObject({ tenant, session: sessionOf(changed.accessToken) });
    expect(changed.session.uuid).not.toBe(first.session.uuid);
  });
});

it('a refresh answers the time until which it has prolonged the session', async () => {
  await addUser(acme, 'prolonged');
  const { session, refreshToken } = (await login('acme01', 'prolonged')).data.answer;
  await acme.db.session.update({
    where: { id: session.uuid },
    data: { expiresAt: new Date(Date.now() + 60_000) },
  });
  const { data } = await refresh(refreshToken);
  const stored = await acme.db.session.findUniqueOrThrow({ where: { id: session.uuid } });
  expect(data.answer.session.expiresAt).toBe(stored.expiresAt.toISOString());
  expect(stored.expiresAt.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
});

it('the tenant is the one that was signed in to, whatever the access token beside it is good for', async () => {
  const { accessToken } = await fleet.signIn('beta02');
  await addUser(acme, 'visitor');
  const first = (await login('acme01', 'visitor', { token: accessToken })).data.answer;
  expect(first).toMatchObject({ tenant: acmeTenant, session: sessionOf(first.accessToken) });
  const next = (await refresh(first.refreshToken, { token: accessToken })).data.answer;
  expect(next).toMatchObject({ tenant: acmeTenant, session: sessionOf(first.accessToken) });
});

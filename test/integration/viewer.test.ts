import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addRole } from '../support/people.ts';
import { addUser, createSessionClient, type SessionClient } from '../support/session-client.ts';
import { administratorRoleId } from '../support/sessions.ts';
import { recordStatements } from '../support/statements.ts';
import { secondsFromNow, signToken } from '../support/tokens.ts';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01', { companyName: 'ACME Corporation', plan: 'pro' });
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

const everything = `{ viewer {
  user { username } manager { username } tenant { key companyName plan } permissions sessionExpiresAt
} }`;
const catalogue = permissionCatalogue.map(({ code }) => code);
const tenant = { key: 'acme01', companyName: 'ACME Corporation', plan: 'PRO' };

async function enter(accessToken: string): Promise<string> {
  const { data } = await fleet.graphql(
    'mutation { enterTenant(tenantKey: "acme01", reason: "Support") { accessToken } }',
    { token: accessToken },
  );
  return data.enterTenant.accessToken;
}

describe('viewer', () => {
  it('is the user, in their tenant, with what their role permits', async () => {
    await addUser(acme, 'nobody');
    const admin = await client.signIn('admin');
    const nobody = await client.signIn('nobody');
    const asked = await fleet.graphql(everything, { token: admin.accessToken });
    expect(asked.errors).toEqual([]);
    expect(asked.data.viewer).toMatchObject({
      user: { username: 'admin' },
      manager: null,
      tenant,
      permissions: catalogue,
    });
    expect((await fleet.graphql(everything, { token: nobody.accessToken })).data.viewer).toMatchObject({
      user: { username: 'nobody' },
      manager: null,
      tenant,
      permissions: [],
    });
  });

  it('answers what docs/clients.md has a page ask at its start, whatever one may do', async () => {
    const guide = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8');
    const [, start = ''] = /```graphql\n(query Start [\s\S]*?)```/.exec(guide) ?? [];
    await addUser(acme, 'newcomer', { roleId: await addRole(acme, []) });
    const sessions = [
      await client.signIn('newcomer'),
      await fleet.signInManager(),
      { accessToken: await enter((await fleet.signInManager()).accessToken) },
    ];
    for (const { accessToken: token } of sessions) {
      const { data, errors } = await fleet.graphql(start, { token });
      expect(errors).toEqual([]);
      expect(data.viewer.user === null).toBe(data.viewer.manager !== null);
    }
  });

  it('is a manager in no tenant, who may do nothing in one', async () => {
    const { accessToken } = await fleet.signInManager();
    const { data, errors } = await fleet.graphql(everything, { token: accessToken });
    expect(errors).toEqual([]);
    expect(data.viewer).toMatchObject({
      user: null,
      manager: { username: 'operator' },
      tenant: null,
      permissions: [],
    });
  });

  it('is a manager who has entered a tenant, where they may do everything', async () => {
    const token = await enter((await fleet.signInManager()).accessToken);
    const { data, errors } = await fleet.graphql(everything, { token });
    expect(errors).toEqual([]);
    expect(data.viewer).toMatchObject({
      user: null,
      manager: { username: 'operator' },
      tenant,
      permissions: catalogue,
    });
  });

  it.each<[string, () => Promise<string> | string | undefined, string]>([
    ['nobody is signed in', () => undefined, 'UNAUTHENTICATED'],
    ['the token is garbage', () => 'garbage', 'UNAUTHENTICATED'],
    [
      'the token has expired',
      async () => {
        const { accessToken } = await client.signIn('admin');
        const times = { iat: secondsFromNow(-2_000), exp: secondsFromNow(-1_000) };
        return signToken({ ...decodeJwt(accessToken), ...times }, fleet.secretKey);
      },
      'TOKEN_EXPIRED',
    ],
  ])('says so as other fields do when %s', async (_case, makeToken, code) => {
    const answer = await fleet.graphql(everything, { token: await makeToken() });
    expect(answer.data).toEqual({ viewer: null });
    expect(answer.errors).toMatchObject([{ path: ['viewer'], extensions: { code } }]);
  });

  it('tells the permissions of this moment, not those of the token', async () => {
    const userId = await addUser(acme, 'demoted', { roleId: await administratorRoleId(acme) });
    const { accessToken } = await client.signIn('demoted');
    const permissions = async () =>
      (await fleet.graphql('{ viewer { permissions } }', { token: accessToken })).data.viewer.permissions;
    expect(await permissions()).toEqual(catalogue);
    const admin = await client.signIn('admin');
    await fleet.graphql('mutation ($id: ID!) { updateUser(userId: $id, input: { roleId: null }) { id } }', {
      token: admin.accessToken,
      variables: { id: userId },
    });
    expect(await permissions()).toEqual([]);
  });

  it('tells when the session ends, which a refresh puts off', async () => {
    await addUser(acme, 'lasting');
    const { accessToken, refreshToken } = await client.signIn('lasting');
    const where = { id: String(decodeJwt(accessToken).sid) };
    const soon = new Date(Date.now() + 60_000);
    await acme.db.session.update({ where, data: { expiresAt: soon } });
    const expiry = async (): Promise<unknown> =>
      (await fleet.graphql('{ viewer { sessionExpiresAt } }', { token: accessToken })).data.viewer
        .sessionExpiresAt;
    expect(await expiry()).toBe(soon.toISOString());
    await client.renew(refreshToken);
    const { expiresAt } = await acme.db.session.findUniqueOrThrow({ where });
    expect(expiresAt.getTime()).toBeGreaterThan(soon.getTime());
    expect(await expiry()).toBe(expiresAt.toISOString());
  });

  it('tells a manager in a tenant when their own session ends', async () => {
    const { accessToken } = await fleet.signInManager();
    const { data } = await fleet.graphql(everything, { token: await enter(accessToken) });
    const session = await fleet.tools.central.managerSession.findUniqueOrThrow({
      where: { id: String(decodeJwt(accessToken).sid) },
    });
    expect(data.viewer.sessionExpiresAt).toBe(session.expiresAt.toISOString());
  });

  it('shows a manager in a tenant no other manager', async () => {
    await fleet.signInManager('colleague');
    const token = await enter((await fleet.signInManager()).accessToken);
    const colleague = await fleet.tools.central.manager.findUniqueOrThrow({
      where: { username: 'colleague' },
    });
    const { data, codes } = await fleet.graphql(
      'query ($id: ID!) { viewer { manager { username } } node(id: $id) { ... on Manager { username } } }',
      { token, variables: { id: Buffer.from(`Manager:${colleague.id}`).toString('base64') } },
    );
    expect(data.viewer.manager).toEqual({ username: 'operator' });
    expect(data.node).toBeNull();
    expect(codes).toEqual(['FORBIDDEN']);
  });

  it('asks no database for what is known of the request already', async () => {
    const { accessToken } = await client.signIn('admin');
    const ask = () =>
      fleet.graphql('{ viewer { id tenant { id key companyName plan settings { key } } permissions } }', {
        token: accessToken,
      });
    expect((await ask()).errors).toEqual([]);
    expect(await recordStatements(ask)).toEqual([]);
  });

  it('is kept as an answer as far as it follows from the tenant’s rows', async () => {
    const { accessToken } = await client.signIn('admin');
    const ask = (selection: string) =>
      recordStatements(() => fleet.graphql(`{ viewer { ${selection} } }`, { token: accessToken }));
    await ask('user { username } permissions');
    expect((await ask('user { username } permissions')).join()).not.toContain('users');
    await ask('user { username } sessionExpiresAt');
    expect((await ask('user { username } sessionExpiresAt')).join()).toContain('sessions');
  });
});

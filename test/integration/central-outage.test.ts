import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';

describe('while the central database is out of reach', () => {
  let fleet: TestFleet;
  let server: pg.Client;
  let centralName: string;

  beforeAll(async () => {
    fleet = await createTestFleet({ TENANT_DIRECTORY_CACHE_TTL: '1' });
    await fleet.provision('acme01');
    await fleet.provision('cold01');
    centralName = new URL(fleet.configuration.centralDatabaseUrl).pathname.slice(1);
    server = new pg.Client({ connectionString: inject('postgresUrl') });
    await server.connect();
  });
  afterAll(async () => {
    await allowConnections(true);
    await server.end();
    await fleet.close();
  });

  const allowConnections = (allowed: boolean) =>
    server.query(`ALTER DATABASE ${centralName} ALLOW_CONNECTIONS ${allowed}`);

  const login = (tenantKey: string) =>
    fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }', {
      variables: { input: { tenantKey, username: 'admin', password: testPassword } },
    });

  it('serves the tenants that it knows, fails clearly for others, and recovers by itself', async () => {
    const { accessToken: token } = await fleet.signIn('acme01');
    const { accessToken: manager } = await fleet.signInManager();
    const listTenants = () => fleet.graphql('{ tenants { edges { cursor } } }', { token: manager });
    expect((await listTenants()).codes).toEqual([]);
    await allowConnections(false);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      centralName,
    ]);

    const unknown = await login('cold01');
    expect(unknown.codes).toEqual(['SERVICE_UNAVAILABLE']);
    expect(unknown.errors[0]?.extensions).toMatchObject({ retryable: true });
    expect(JSON.stringify(unknown.errors)).not.toContain(centralName);
    const { errors } = await fleet.graphql('{ me { username } }', { token });
    expect(errors).toEqual([]);
    expect((await listTenants()).codes).toEqual(['SERVICE_UNAVAILABLE']);

    await allowConnections(true);
    expect((await listTenants()).codes).toEqual([]);
    expect((await login('cold01')).errors).toEqual([]);
  });
});

import dns from 'node:dns';
import { afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { type Datasource, datasourceUrl } from '../../src/config/datasource.ts';
import type { SslMode } from '../../src/config/tls-settings.ts';
import {
  createTenantConnections,
  type TenantConnections,
  type TenantTarget,
} from '../../src/db/connections/tenant-connections.ts';
import { DatabaseClient } from '../../src/db/database-client.ts';
import { databaseFailure } from '../../src/db/database-errors.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createCertificateAuthority, type Identity } from '../support/certificates.ts';
import {
  errorResponse,
  type ScriptedConnection,
  type ScriptedServer,
  scramRequest,
  startScriptedServer,
} from '../support/scripted-server.ts';

const sslRequestBytes = 8;
const refusal = errorResponse('28000', 'no pg_hba.conf entry');

let identity: Identity;
let server: ScriptedServer | undefined;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => void unhandled.push(error);

beforeAll(async () => {
  identity = await (await createCertificateAuthority('CA')).issue({ commonName: 'x', hosts: ['localhost'] });
});
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled).on('uncaughtExceptionMonitor', onUnhandled);
});
afterEach(async () => {
  process.off('unhandledRejection', onUnhandled).off('uncaughtExceptionMonitor', onUnhandled);
  await server?.close();
});

/** Resolves with whether the client asked for TLS first. */
async function askedForTls(connection: ScriptedConnection): Promise<boolean> {
  return (await connection.next()).length === sslRequestBytes;
}

async function start(script: (connection: ScriptedConnection) => Promise<void>): Promise<ScriptedServer> {
  server = await startScriptedServer(script);
  return server;
}

function datasourceOf({ port }: ScriptedServer, sslmode: SslMode): Datasource {
  return { host: '127.0.0.1', port, database: 'd', user: 'u', password: 'Secret-01234', tls: { sslmode } };
}

const limits = { concurrency: 1, statementTimeoutSeconds: 5 };

function connectionsOfOne(): TenantConnections {
  return createTenantConnections({
    budget: 1,
    timeoutSeconds: 1,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
}

function targetOf(scripted: ScriptedServer, sslmode: SslMode): TenantTarget {
  return {
    tenant: { id: 1, tenantKey: 'acme01' },
    datasourceUrl: datasourceUrl(datasourceOf(scripted, sslmode)),
  };
}

async function failureOf(target: Datasource): Promise<string> {
  return withConnection(target, async () => 'connected').catch(String);
}

it('believes nothing that came before the handshake', async () => {
  const injector = await start(async (connection) => {
    await connection.next();
    connection.send(Buffer.concat([Buffer.from('S'), refusal]));
  });
  expect(await failureOf(datasourceOf(injector, 'require'))).toContain(
    'There is no working PostgreSQL server at',
  );
  expect(injector.connections().begun).toBe(1);
});

it('takes the next way when the refusal arrives in pieces, and names both refusals', async () => {
  const slow = await start(async (connection) => {
    const asked = await askedForTls(connection);
    if (asked) {
      connection.send('S');
      await connection.secure(identity);
      await connection.next();
    }
    const text = errorResponse('28000', asked ? 'not encrypted, please' : 'not plain, please');
    connection.send(text.subarray(0, 9));
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.send(text.subarray(9));
  });
  expect(await failureOf(datasourceOf(slow, 'prefer'))).toMatch(
    /not encrypted, please\..*not plain, please\./,
  );
  expect(slow.connections().begun).toBe(2);
});

it.each([
  ['prefer', true],
  ['allow', false],
] as const)('with %s, tries no other way once a password was asked for', async (sslmode, tlsFirst) => {
  const greedy = await start(async (connection) => {
    const asked = await askedForTls(connection);
    if (asked) {
      connection.send('S');
      await connection.secure(identity);
      await connection.next();
    }
    connection.send(scramRequest);
    await connection.next();
    connection.send(errorResponse('28000', `refused, TLS first: ${asked}`));
  });
  expect(await failureOf(datasourceOf(greedy, sslmode))).toContain(`refused, TLS first: ${tlsFirst}`);
  expect(greedy.connections().begun).toBe(1);
});

it('names each address of a host that does not answer', async () => {
  const { lookup } = dns;
  onTestFinished(() => void Object.assign(dns, { lookup }));
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  Object.assign(dns, {
    lookup: (_host: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, addresses),
  });
  expect(
    await failureOf({ host: 'two.test', port: 1, database: 'd', user: 'u', password: 'Secret-01234' }),
  ).toMatch(/ECONNREFUSED 127\.0\.0\.1:1; .*ECONNREFUSED 127\.0\.0\.2:1/);
});

it('takes no password of the environment in place of an empty one', () => {
  vi.stubEnv('PGPASSWORD', 'somebody-elses');
  const client = new DatabaseClient({ host: '127.0.0.1', user: 'u', password: '' });
  vi.unstubAllEnvs();
  expect(client).toHaveProperty('password', '');
});

it.each(['53300', '57P03'])('does not ask a server that answers %s a second time', async (code) => {
  const busy = await start(async (connection) => {
    if (await askedForTls(connection)) {
      connection.send('S');
      await connection.secure(identity);
      await connection.next();
    }
    connection.send(errorResponse(code, 'not now'));
  });
  expect(await failureOf(datasourceOf(busy, 'prefer'))).toContain('not now');
  expect(busy.connections().begun).toBe(1);
});

it('goes on without TLS, with prefer, when the handshake fails', async () => {
  const halfway = await start(async (connection) => {
    if (await askedForTls(connection)) {
      connection.send('S');
      await connection.next();
      connection.reset();
    } else connection.send(errorResponse('3D000', 'seen plain'));
  });
  expect(await failureOf(datasourceOf(halfway, 'prefer'))).toContain('seen plain');
  expect(halfway.connections().begun).toBe(2);
});

/** Points of a connection at which a server may fall silent. */
const silences: [string, SslMode, (connection: ScriptedConnection) => Promise<void>][] = [
  ['after SSLRequest', 'prefer', async (connection) => void (await connection.next())],
  ['in the handshake', 'prefer', beginHandshake],
  ['in the handshake', 'require', beginHandshake],
  [
    'after the handshake',
    'prefer',
    async (connection) => {
      await connection.next();
      connection.send('S');
      await connection.secure(identity);
      await connection.next();
    },
  ],
  [
    'in the middle of a refusal',
    'allow',
    async (connection) => {
      await connection.next();
      connection.send(refusal.subarray(0, 9));
    },
  ],
  [
    'on the second way',
    'prefer',
    async (connection) => {
      if (!(await askedForTls(connection))) return;
      connection.send('S');
      await connection.next();
      connection.reset();
    },
  ],
];

async function beginHandshake(connection: ScriptedConnection): Promise<void> {
  await connection.next();
  connection.send('S');
}

it('loses neither a place nor a socket to servers that fall silent at any point', async () => {
  // All at once: each takes as long as the pool is patient.
  const outcomes = await Promise.all(
    silences.map(async ([when, sslmode, script]) => {
      const silent = await startScriptedServer(script);
      const connections = connectionsOfOne();
      const pool = connections.createPool(targetOf(silent, sslmode), limits);
      const failure = databaseFailure(await pool.connect().catch((reason: unknown) => reason));
      await vi.waitFor(() => expect(silent.connections().open, when).toBe(0));
      const { begun } = silent.connections();
      await pool.end();
      // Nothing goes on behind its back.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const seen = { ...silent.connections(), code: failure?.code, places: connections.statistics().open };
      await silent.close();
      return [when, sslmode, seen.begun - begun, seen.open, seen.places, seen.code];
    }),
  );
  expect(outcomes).toEqual(silences.map(([when, sslmode]) => [when, sslmode, 0, 0, 0, 'TENANT_UNAVAILABLE']));
  expect(unhandled).toEqual([]);
});

it('frees a place once when each way is refused', async () => {
  const strict = await start(async (connection) => {
    if (await askedForTls(connection)) {
      connection.send('S');
      await connection.secure(identity);
      await connection.next();
    }
    connection.send(refusal);
  });
  const connections = connectionsOfOne();
  const pool = connections.createPool(targetOf(strict, 'prefer'), limits);
  const error: unknown = await pool.connect().catch((reason: unknown) => reason);
  const failure = databaseFailure(error);
  expect(failure).toMatchObject({ code: 'TENANT_UNAVAILABLE' });
  expect(failure?.message).not.toMatch(/pg_hba|certificate|TLS/);
  await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ open: 0, inUse: 0 }));
  expect(strict.connections().begun).toBe(2);
  await pool.end();
});

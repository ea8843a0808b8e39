import { execFile } from 'node:child_process';
import { chmod, copyFile, rename, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import type { SslMode, TlsSettings } from '../../src/config/tls-settings.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { findOnPath } from '../../tools/support/find-on-path.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/certificates.ts';
import { startTlsPostgres, type TlsPostgres } from '../support/tls-postgres.ts';

const psql = await findOnPath('psql');
const password = 'password-of-a-test';

let server: TlsPostgres;
let strangers: CertificateAuthority;
let files: Record<'ca' | 'otherCa' | 'cert' | 'key' | 'otherCert' | 'otherKey', string>;

beforeAll(async () => {
  server = await startTlsPostgres([
    'hostnossl plain_only all all scram-sha-256',
    'hostssl plain_only all all reject',
    'hostssl certified certified all scram-sha-256 clientcert=verify-full',
    'hostssl certified all all reject',
    'host either all all scram-sha-256',
    'hostssl all all all scram-sha-256',
  ]);
  strangers = await createCertificateAuthority('Strangers');
  const otherCa = join(server.folder, 'other-ca.pem');
  await writeFile(otherCa, strangers.cert);
  const own = await server.issue('certified', { commonName: 'certified' });
  const other = await server.issue('stranger', { commonName: 'certified' }, strangers);
  files = {
    ca: server.caFile,
    otherCa,
    cert: own.sslcert,
    key: own.sslkey,
    otherCert: other.sslcert,
    otherKey: other.sslkey,
  };
  await withConnection(server.superuser, async (client) => {
    for (const name of ['plain_only', 'certified', 'either', 'tls_only']) {
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
      await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
    }
  });
});

afterAll(() => server.stop());

type Place = 'tls_only' | 'plain_only' | 'either' | 'certified' | 'without_tls';
type Outcome = 'encrypted' | 'plain' | 'refused';

function datasource(place: Place, tls: TlsSettings, host = 'localhost'): Datasource {
  if (place === 'without_tls') return { ...parseDatasourceUrl(inject('postgresUrl')), tls };
  return { host, port: server.superuser.port, database: place, user: place, password, tls };
}

async function outcomeOf(target: Datasource): Promise<Outcome> {
  try {
    return await withConnection(target, async (client) => {
      const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0].ssl ? 'encrypted' : 'plain';
    });
  } catch {
    return 'refused';
  }
}

function outcomeOfPsql({ host, port, database, user, password: secret, tls }: Datasource): Promise<Outcome> {
  const settings = { host, port, dbname: database, user, gssencmode: 'disable', connect_timeout: 5, ...tls };
  const connection = Object.entries(settings)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
  const statement = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  return new Promise((resolve) => {
    execFile(
      psql ?? '',
      ['-X', '-A', '-t', '-c', statement, connection],
      // Without the files of a developer's ~/.postgresql.
      { env: { PGPASSWORD: secret, HOME: server.folder } },
      (error, stdout) => resolve(error ? 'refused' : stdout.trim() === 't' ? 'encrypted' : 'plain'),
    );
  });
}

/** Places, in the order of {@link columns}, by what the connection asks for. */
const columns = ['tls_only', 'plain_only', 'either', 'without_tls'] as const;
const outcomes: readonly (readonly [SslMode, 'none' | 'ca' | 'otherCa', readonly Outcome[]])[] = [
  ['disable', 'none', ['refused', 'plain', 'plain', 'plain']],
  ['allow', 'none', ['encrypted', 'plain', 'plain', 'plain']],
  ['allow', 'otherCa', ['refused', 'plain', 'plain', 'plain']],
  ['prefer', 'none', ['encrypted', 'plain', 'encrypted', 'plain']],
  ['prefer', 'ca', ['encrypted', 'plain', 'encrypted', 'plain']],
  ['prefer', 'otherCa', ['refused', 'plain', 'plain', 'plain']],
  ['require', 'none', ['encrypted', 'refused', 'encrypted', 'refused']],
  ['require', 'ca', ['encrypted', 'refused', 'encrypted', 'refused']],
  ['require', 'otherCa', ['refused', 'refused', 'refused', 'refused']],
  ['verify-ca', 'ca', ['encrypted', 'refused', 'encrypted', 'refused']],
  ['verify-ca', 'otherCa', ['refused', 'refused', 'refused', 'refused']],
  ['verify-full', 'ca', ['encrypted', 'refused', 'encrypted', 'refused']],
  ['verify-full', 'otherCa', ['refused', 'refused', 'refused', 'refused']],
];

function settings(sslmode: SslMode, ca: 'none' | 'ca' | 'otherCa'): TlsSettings {
  return { sslmode, ...(ca === 'none' ? {} : { sslrootcert: files[ca] }) };
}

describe.each([
  ['this program', outcomeOf],
  ['psql', outcomeOfPsql],
] as const)('%s', (name, connectTo) => {
  describe.skipIf(name === 'psql' && psql === undefined)('by sslmode, CA and server', () => {
    it.each(outcomes)(
      'sslmode=%s with CA %s is encrypted, plain or refused as libpq has it',
      async (sslmode, ca, expected) => {
        const tls = settings(sslmode, ca);
        const found = await Promise.all(columns.map((place) => connectTo(datasource(place, tls))));
        expect(Object.fromEntries(columns.map((place, index) => [place, found[index]]))).toEqual(
          Object.fromEntries(columns.map((place, index) => [place, expected[index]])),
        );
      },
    );

    it.each([
      ['require', 'encrypted'],
      ['verify-ca', 'encrypted'],
      ['verify-full', 'refused'],
    ] as const)('sslmode=%s at a host that the certificate doesn’t name is %s', async (sslmode, expected) => {
      expect(await connectTo(datasource('tls_only', settings(sslmode, 'ca'), '127.0.0.1'))).toBe(expected);
    });

    it('signs in with the role’s client certificate, and not without or with another', async () => {
      const withFiles = (sslcert: string, sslkey: string) =>
        datasource('certified', { ...settings('verify-full', 'ca'), sslcert, sslkey });
      expect(await connectTo(withFiles(files.cert, files.key))).toBe('encrypted');
      expect(await connectTo(withFiles(files.otherCert, files.otherKey))).toBe('refused');
      expect(await connectTo(datasource('certified', settings('verify-full', 'ca')))).toBe('refused');
      const strange = { ...withFiles(files.cert, files.key), user: 'either' };
      expect(await connectTo(strange)).toBe('refused');
    });

    it('refuses a key that others may read, or that is another certificate’s', async () => {
      const open = join(server.folder, 'open.key');
      await copyFile(files.key, open);
      await chmod(open, 0o644);
      for (const sslkey of [open, files.otherKey]) {
        const tls = { ...settings('verify-full', 'ca'), sslcert: files.cert, sslkey };
        expect(await connectTo(datasource('certified', tls))).toBe('refused');
      }
    });
  });
});

async function failureOf(target: Datasource): Promise<string> {
  return withConnection(target, async () => 'connected').catch((error: Error) => error.message);
}

describe('a message', () => {
  const failureWith = (tls: TlsSettings, place: Place = 'tls_only', host = 'localhost') =>
    failureOf(datasource(place, tls, host));

  it('names the parameter and the file that can’t be used', async () => {
    const empty = join(server.folder, 'empty.pem');
    const garbage = join(server.folder, 'garbage.pem');
    const open = join(server.folder, 'readable.key');
    await writeFile(empty, '');
    await writeFile(garbage, '-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n');
    await writeFile(open, '-----BEGIN PRIVATE KEY-----\nhunter2\n', { mode: 0o644 });
    const swapped = join(server.folder, 'swapped.key');
    await writeFile(swapped, strangers.cert, { mode: 0o600 });
    const missing = join(server.folder, 'missing.pem');
    const verified = { sslmode: 'verify-full', sslrootcert: files.ca, sslcert: files.cert } as const;
    const failures = {
      missing: await failureWith({ sslmode: 'prefer', sslrootcert: missing }),
      folder: await failureWith({ sslmode: 'verify-ca', sslrootcert: server.folder }),
      empty: await failureWith({ sslmode: 'require', sslrootcert: empty }),
      garbage: await failureWith({ sslmode: 'verify-full', sslrootcert: garbage }),
      key: await failureWith({ ...verified, sslkey: open }),
      swapped: await failureWith({ ...verified, sslkey: swapped }),
      stranger: await failureWith({ ...verified, sslkey: files.otherKey }),
    };
    expect(failures).toEqual({
      missing: `sslrootcert ${missing} can't be read: ENOENT.`,
      folder: `sslrootcert ${server.folder} can't be read: EISDIR.`,
      empty: `sslrootcert ${empty} holds no certificate in PEM format.`,
      garbage: `sslrootcert ${garbage} can't be used: its certificate 1 is damaged.`,
      key: `sslkey ${open} can be read by others: its mode must be 0600, or 0640 if root owns it.`,
      swapped: `sslkey ${swapped} holds no private key in PEM format.`,
      stranger: `sslcert ${files.cert} and sslkey ${files.otherKey} can't be used: they do not match.`,
    });
    expect(JSON.stringify(failures)).not.toContain('hunter2');
  });

  it('says what is wrong with a server’s certificate, and with ours', async () => {
    const { cert: sslcert, key: sslkey, otherCert, otherKey } = files;
    const verified = settings('verify-full', 'ca');
    expect(await failureWith(settings('verify-ca', 'otherCa'))).toMatch(
      /^The certificate of localhost is from a CA that isn't trusted \(\w+\): sslrootcert has to/,
    );
    expect(await failureWith({ sslmode: 'verify-full', sslrootcert: 'system' })).toContain("isn't trusted");
    expect(await failureWith(verified, 'tls_only', '127.0.0.1')).toMatch(
      /^The certificate of 127\.0\.0\.1 is for another host: .*sslmode=verify-ca/,
    );
    expect(await failureWith({ ...verified, sslcert: otherCert, sslkey: otherKey }, 'certified')).toMatch(
      /^localhost doesn't accept the client certificate \(\w+\): see sslcert and sslkey\.$/,
    );
    expect(await failureWith(verified, 'certified')).toBe('connection requires a valid client certificate');
    expect(await failureWith({ ...verified, sslcert, sslkey }, 'certified')).toBe('connected');
    expect(await failureWith({ sslmode: 'require' }, 'without_tls')).toMatch(
      /^The server at 127\.0\.0\.1:\d+ offers no TLS, but sslmode=require requires it\.$/,
    );
    // What prefer has tried first is not lost.
    expect(await failureWith(settings('prefer', 'otherCa'))).toMatch(/isn't trusted.*no pg_hba\.conf entry/);
  });
});

describe('a renewed certificate', () => {
  it('is met without a restart, by CAs and client certificates that are read anew', async () => {
    const authority = await createCertificateAuthority('Next CA');
    const caFile = join(server.folder, 'renewed.pem');
    const client = { sslcert: join(server.folder, 'c.crt'), sslkey: join(server.folder, 'c.key') };
    const target = datasource('certified', { sslmode: 'verify-full', sslrootcert: caFile, ...client });
    await copyFile(files.ca, caFile);
    await copyFile(files.otherCert, client.sslcert);
    await copyFile(files.otherKey, client.sslkey);
    expect(await failureOf(target)).toContain("doesn't accept the client certificate");
    // As certbot and Kubernetes do it: a new file in the old one's place.
    await replace(client.sslcert, files.cert);
    await replace(client.sslkey, files.key);
    expect(await failureOf(target)).toBe('connected');
    await server.renew({ commonName: 'localhost', hosts: ['localhost'] }, authority);
    expect(await failureOf(target)).toContain("isn't trusted");
    await writeFile(caFile, `${server.authority.cert}\n${authority.cert}`);
    expect(await failureOf(target)).toBe('connected');
  });

  it('may name addresses, of either version', async () => {
    await server.renew({ commonName: 'addresses', addresses: ['127.0.0.1', '::1'] });
    const tls = settings('verify-full', 'ca');
    expect(await failureOf(datasource('tls_only', tls, '127.0.0.1'))).toBe('connected');
    expect(await failureOf(datasource('tls_only', tls, 'localhost'))).toContain('is for another host');
    const ipv6 = await listenOn('::1', server.superuser.port);
    if (ipv6 === null) return;
    const { port, close } = ipv6;
    expect(await failureOf({ ...datasource('tls_only', tls, '::1'), port })).toBe('connected');
    await close();
  });

  it('is refused when it has expired, by those who check certificates', async () => {
    await server.renew({ commonName: 'localhost', hosts: ['localhost'], expired: true });
    for (const sslmode of ['require', 'verify-ca', 'verify-full'] as const) {
      expect(await failureOf(datasource('tls_only', settings(sslmode, 'ca')))).toBe(
        'The certificate of localhost, or of its CA, has expired.',
      );
    }
    expect(await failureOf(datasource('tls_only', settings('require', 'none')))).toBe('connected');
  });
});

async function replace(path: string, by: string): Promise<void> {
  await copyFile(by, `${path}.new`);
  await rename(`${path}.new`, path);
}

/** Passes on connections from an address of this machine; null when it has no such address. */
async function listenOn(address: string, target: number) {
  const listener = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    client.on('error', () => {}).pipe(upstream);
    upstream.on('error', () => {}).pipe(client);
  });
  const listens = await new Promise((resolve) => {
    listener.once('listening', () => resolve(true)).once('error', () => resolve(false));
    listener.listen(0, address);
  });
  if (!listens) return null;
  const { port } = z.object({ port: z.int() }).parse(listener.address());
  return { port, close: () => new Promise((resolve) => listener.close(resolve)) };
}

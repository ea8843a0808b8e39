import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { accountForPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from '@cxg/embedded-postgres';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { type CertificateAuthority, createCertificateAuthority, type Subject } from './certificates.ts';
import { testPostgresInstallation, testPostgresSettings } from './test-services.ts';
import { volatileFolder } from './volatile-folder.ts';

/** A PostgreSQL server of a test's own that speaks TLS. */
export interface TlsPostgres {
  /** The superuser, encrypted, at `localhost`, which is in the certificate. */
  readonly superuser: Datasource;
  readonly authority: CertificateAuthority;
  /** The file of the authority's certificate. */
  readonly caFile: string;
  /** A folder for the test's own files, which only this process may read. */
  readonly folder: string;
  /** Writes a certificate of an authority, and its key, into the folder. */
  issue(name: string, subject: Subject, authority?: CertificateAuthority): Promise<CertificateFiles>;
  /** Gives the server another certificate, as a renewal does, while it runs. */
  renew(subject: Subject, authority?: CertificateAuthority): Promise<void>;
  stop(): Promise<void>;
}

/** Paths of a client's files. */
export interface CertificateFiles {
  readonly sslcert: string;
  readonly sslkey: string;
}

/** The host that the server's first certificate is for. */
const tlsHost = 'localhost';

/**
 * Starts a server with a certificate for `localhost`.
 * @param accessRules the lines of pg_hba.conf.
 */
export async function startTlsPostgres(accessRules: readonly string[]): Promise<TlsPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-tls-'));
  const server = join(folder, 'server');
  const dataDirectory = await mkdtemp(join(await volatileFolder(), 'cxg-graphql-api-test-tls-'));
  const authority = await createCertificateAuthority('Test CA');
  const caFile = join(folder, 'ca.pem');
  const account = await accountForPostgres(dataDirectory);
  const settings = {
    hba_file: join(server, 'pg_hba.conf'),
    ssl: 'on',
    ssl_cert_file: join(server, 'server.crt'),
    ssl_key_file: join(server, 'server.key'),
    ssl_ca_file: join(server, 'clients.crt'),
  };

  // The server may be another account.
  const give = async (path: string, content: string, mode = 0o600) => {
    await rm(path, { force: true });
    await writeFile(path, content, { mode });
    if ('uid' in account) await chown(path, account.uid, account.gid);
  };
  const certify = async (subject: Subject, by: CertificateAuthority) => {
    const { cert, key } = await by.issue(subject);
    await give(settings.ssl_cert_file, cert);
    await give(settings.ssl_key_file, key);
    return cert;
  };

  await mkdir(server);
  await chmod(folder, 0o711);
  await chmod(server, 0o711);
  await writeFile(caFile, authority.cert);
  await give(settings.ssl_ca_file, authority.cert);
  await give(settings.hba_file, `${accessRules.join('\n')}\n`);
  await certify({ commonName: tlsHost, hosts: [tlsHost] }, authority);

  const postgres = await startEmbeddedPostgres({
    dataDirectory,
    installation: testPostgresInstallation,
    settings: { ...testPostgresSettings, ...settings },
    durable: false,
  });
  const superuser = { ...parseDatasourceUrl(postgres.superuserUrl), host: tlsHost };
  return {
    superuser: { ...superuser, tls: { sslmode: 'verify-full', sslrootcert: caFile } },
    authority,
    caFile,
    folder,
    async issue(name, subject, by = authority) {
      const files = { sslcert: join(folder, `${name}.crt`), sslkey: join(folder, `${name}.key`) };
      const { cert, key } = await by.issue(subject);
      await writeFile(files.sslcert, cert);
      await writeFile(files.sslkey, key, { mode: 0o600 });
      return files;
    },
    async renew(subject, by = authority) {
      const cert = await certify(subject, by);
      await withConnection({ ...superuser, tls: { sslmode: 'require' } }, (client) =>
        client.query('SELECT pg_reload_conf()'),
      );
      // The server takes note of it in its own time.
      while (!(await isShown(postgres.port, cert))) await delay(5);
    },
    async stop() {
      await postgres.stop();
      await removeEmbeddedPostgres(dataDirectory);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** SSLRequest (PostgreSQL manual, «Message Formats»). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function isShown(port: number, cert: string): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.write(sslRequest);
  await once(socket, 'data');
  const secured = connectSecurely({ socket, rejectUnauthorized: false });
  await once(secured, 'secureConnect');
  const { fingerprint256 } = secured.getPeerCertificate();
  secured.destroy();
  return fingerprint256 === new X509Certificate(cert).fingerprint256;
}

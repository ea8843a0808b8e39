import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectSecurely } from 'node:tls';
import pg from 'pg';
import { defaultTls, type SslMode, type TlsSettings } from '../config/tls-settings.ts';
import { secureContextOf } from './secure-contexts.ts';
import { explainTlsFailure } from './tls-failures.ts';
import { UnusableServerError } from './unusable-server-error.ts';

declare module 'pg' {
  // Parts of the driver that @types/pg doesn't declare.
  interface Connection {
    /** Set once the client closes the connection, or has waited too long for it. */
    readonly _ending: boolean;
    /** Reads the protocol's messages from a stream. */
    attachListeners(stream: Duplex): void;
    requestSsl(): void;
  }
}

/** Settings of a connection. */
export interface NegotiatedConnectionOptions {
  readonly tls?: TlsSettings | undefined;
  readonly keepAlive?: boolean | undefined;
}

/** One way to connect. Whether the server has to offer TLS is what sets `tls` apart from `tls-if-offered`. */
type Attempt = 'plain' | 'tls' | 'tls-if-offered';

/** The order in which libpq tries; the next way is taken only if the server refuses the one before. */
const attemptsOf: Readonly<Record<SslMode, readonly [Attempt, ...Attempt[]]>> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['tls-if-offered', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
};

/**
 * The driver's connection, which negotiates TLS as libpq does. The driver itself knows neither `allow` nor `prefer`,
 * and its `sslmode=require` checks certificates.
 */
export class NegotiatedConnection extends pg.Connection {
  readonly #tls: TlsSettings;
  readonly #keepAlive: boolean;

  constructor({ tls = defaultTls, keepAlive = false }: NegotiatedConnectionOptions) {
    super();
    this.#tls = tls;
    this.#keepAlive = keepAlive;
  }

  /** @param port a port, or the path of a Unix socket, on which there is no TLS. */
  connect(port: number | string, host = 'localhost'): void {
    Object.assign(this, { _connecting: true });
    this.#try(typeof port === 'string' ? ['plain'] : attemptsOf[this.#tls.sslmode], port, host);
  }

  #try([attempt, ...further]: readonly [Attempt, ...Attempt[]], port: number | string, host: string): void {
    const [next, ...others] = further;
    const socket = new Socket();
    let abandoned = false;
    const fail = (error: Error) => {
      // A client that is closing destroys the stream itself.
      const isExpected = this._ending && 'code' in error && /^(ECONNRESET|EPIPE)$/.test(String(error.code));
      if (!abandoned && !isExpected) this.emit('error', error);
    };
    const failOrTryNext = (error: Error) => {
      if (next === undefined || this._ending || abandoned) return fail(error);
      abandoned = true;
      socket.destroy();
      this.#try([next, ...others], port, host);
    };

    this.#use(socket);
    socket.on('error', fail);
    socket.on('close', () => {
      if (!abandoned) this.emit('end');
    });
    socket.setNoDelay(true);
    socket.once('connect', () => {
      if (this.#keepAlive) socket.setKeepAlive(true);
      if (attempt === 'plain') this.#begin(socket, next && failOrTryNext);
      else {
        socket.once('data', (answer) => {
          switch (answer.toString('latin1')) {
            case 'S':
              return this.#secure(socket, host, next && failOrTryNext, fail);
            case 'N':
              if (attempt === 'tls-if-offered') return this.#begin(socket, undefined);
              return failOrTryNext(
                new UnusableServerError(
                  `The server at ${host}:${port} offers no TLS, and sslmode=${this.#tls.sslmode} asks for it.`,
                ),
              );
            default:
              // Also more than one byte: what comes before the handshake could be anybody's (CVE-2021-23222).
              return fail(
                new UnusableServerError(
                  `What listens at ${host}:${port} is no PostgreSQL server, or a sick one.`,
                ),
              );
          }
        });
        this.requestSsl();
      }
    });
    if (typeof port === 'string') socket.connect(port);
    else socket.connect(port, host);
  }

  #secure(
    socket: Socket,
    host: string,
    onRefused: ((error: Error) => void) | undefined,
    fail: (error: Error) => void,
  ): void {
    const { sslmode, sslrootcert } = this.#tls;
    const checksCertificate =
      sslmode.startsWith('verify-') || (sslmode === 'require' && sslrootcert !== undefined);
    let isSecure = false;
    try {
      const secured = connectSecurely({
        socket,
        host,
        // RFC 6066, section 3: no address.
        ...(isIP(host) === 0 ? { servername: host } : {}),
        secureContext: secureContextOf(this.#tls),
        rejectUnauthorized: checksCertificate,
        checkServerIdentity: (name, certificate) =>
          sslmode === 'verify-full' ? checkServerIdentity(name, certificate) : undefined,
      });
      this.#use(secured);
      secured.once('secureConnect', () => {
        isSecure = true;
        this.#begin(secured, onRefused);
      });
      secured.on('error', (error) => {
        const explained = explainTlsFailure(error, host);
        if (isSecure) fail(explained);
        else (onRefused ?? fail)(explained);
      });
    } catch (error) {
      fail(error instanceof Error ? error : new UnusableServerError(String(error)));
      socket.destroy();
    }
  }

  /**
   * Starts the session. Its first message is looked at beforehand if there is another way to connect: pg_hba.conf may
   * have a line for that one only.
   */
  #begin(stream: Duplex, onRefused: ((error: Error) => void) | undefined): void {
    if (onRefused) {
      stream.once('data', (first: Buffer) => {
        if (isRefusal(first)) return onRefused(new UnusableServerError('The server refused the connection.'));
        this.attachListeners(stream);
        stream.emit('data', first);
      });
    } else this.attachListeners(stream);
    this.emit('connect');
  }

  #use(stream: Duplex): void {
    Object.assign(this, { stream });
  }
}

/**
 * Returns whether a server refuses this kind of connection before any sign-in: PostgreSQL says 28000 when pg_hba.conf
 * has no line for it. PgBouncer's code when it wants TLS is also that of every other fault of a startup packet.
 */
function isRefusal(message: Buffer): boolean {
  return message[0] === 'E'.charCodeAt(0) && /\0C28000\0|\0MSSL required\0/.test(message.toString('latin1'));
}

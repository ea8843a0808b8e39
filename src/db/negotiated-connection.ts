import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectSecurely } from 'node:tls';
import pg from 'pg';
import { serverOf } from '../config/datasource.ts';
import { defaultTls, type SslMode, systemRootCert, type TlsSettings } from '../config/tls-settings.ts';
import { secureContextOf } from '../tls/secure-contexts.ts';
import { explainTlsFailure } from '../tls/tls-failures.ts';
import { firstMessage } from './first-message.ts';
import { UnusableServerError } from './unusable-server-error.ts';

declare module 'pg' {
  // Parts of the driver that @types/pg doesn't declare.
  interface Connection {
    /** Set once the client closes the connection or has timed out. */
    readonly _ending: boolean;
    /** Parses the protocol's messages from a stream. */
    attachListeners(stream: Duplex): void;
    requestSsl(): void;
  }
}

/** Settings of a connection. */
export interface NegotiatedConnectionOptions {
  readonly tls?: TlsSettings | undefined;
  readonly keepAlive?: boolean | undefined;
}

/** Idle connections stay open for minutes. A statement on a dead one would wait until that is detected. */
const keepAliveMilliseconds = 30_000;

/** One way to connect. Unlike `tls-if-offered`, `tls` requires the server to offer TLS. */
type Attempt = 'plain' | 'tls' | 'tls-if-offered';

/** The order in which libpq tries them; the next one only if the server refuses the one before. */
const attemptsOf: Readonly<Record<SslMode, readonly [Attempt, ...Attempt[]]>> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['tls-if-offered', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
};

/** The remaining ways to try, and the outcomes of those before. */
interface Course {
  readonly attempts: readonly [Attempt, ...Attempt[]];
  readonly port: number | string;
  readonly host: string;
  readonly refusals: readonly Error[];
}

/** The current attempt. */
interface Trial {
  readonly course: Course;
  readonly fail: (error: Error) => void;
  /** Tries the next way if there is one. */
  readonly refused: (error: Error) => void;
}

/**
 * The driver's connection, with TLS negotiation like libpq's. The driver itself supports neither `allow` nor `prefer`,
 * and its `sslmode=require` verifies certificates.
 *
 * Unlike libpq, it never tries another way after a password request, so that no proof of the password is sent over a
 * way that only comes after a refusal.
 */
export class NegotiatedConnection extends pg.Connection {
  readonly #tls: TlsSettings;
  readonly #keepAlive: boolean;

  constructor({ tls = defaultTls, keepAlive = false }: NegotiatedConnectionOptions) {
    super();
    this.#tls = tls;
    this.#keepAlive = keepAlive;
  }

  /** @param port a port, or the path of a Unix socket, which has no TLS. */
  connect(port: number | string, host = 'localhost'): void {
    Object.assign(this, { _connecting: true });
    const attempts = typeof port === 'string' ? (['plain'] as const) : attemptsOf[this.#tls.sslmode];
    this.#try({ attempts, port, host, refusals: [] });
  }

  #try(course: Course): void {
    const [attempt, next, ...others] = course.attempts;
    const socket = new Socket();
    let abandoned = false;
    const fail = (error: Error) => {
      // A closing client destroys the stream itself.
      const isExpected = this._ending && 'code' in error && /^(ECONNRESET|EPIPE)$/.test(String(error.code));
      if (!abandoned && !isExpected) this.emit('error', error);
    };
    const refused = (error: Error) => {
      if (abandoned) return;
      if (next === undefined || this._ending) return fail(withRefusals(error, course.refusals));
      abandoned = true;
      socket.destroy();
      this.#try({ ...course, attempts: [next, ...others], refusals: [...course.refusals, error] });
    };
    const trial = { course, fail, refused };

    this.#use(socket);
    socket.on('error', (error) => fail(withEachReason(error)));
    socket.on('close', () => {
      if (!abandoned) this.emit('end');
    });
    socket.setNoDelay(true);
    socket.once('connect', () => {
      if (this.#keepAlive) socket.setKeepAlive(true, keepAliveMilliseconds);
      if (attempt === 'plain') return this.#begin(socket, trial);
      socket.once('data', (answer) => this.#negotiate(socket, attempt, answer, trial));
      this.requestSsl();
    });
    if (typeof course.port === 'string') socket.connect(course.port);
    else socket.connect(course.port, course.host);
  }

  /** @param answer the server's answer to an SSLRequest (PostgreSQL manual, «SSL Session Encryption»). */
  #negotiate(socket: Socket, attempt: Attempt, answer: Buffer, trial: Trial): void {
    const server = serverOf(trial.course);
    const said = answer.toString('latin1');
    if (this._ending) socket.destroy();
    else if (said === 'S') this.#secure(socket, trial);
    else if (said === 'N' && attempt === 'tls-if-offered') {
      // The remaining way is this one.
      const course = { ...trial.course, attempts: ['plain'] as const };
      this.#begin(socket, { course, fail: trial.fail, refused: trial.fail });
    } else if (said === 'N') {
      trial.refused(
        new UnusableServerError(
          `The server at ${server} offers no TLS, but sslmode=${this.#tls.sslmode} requires it.`,
        ),
      );
    } else {
      // Also more than one byte: data before the handshake could be anybody's (CVE-2021-23222).
      trial.fail(new UnusableServerError(`There is no working PostgreSQL server at ${server}.`));
    }
  }

  #secure(socket: Socket, trial: Trial): void {
    const { host } = trial.course;
    const { sslmode, sslrootcert, sslcert, sslkey } = this.#tls;
    let isSecure = false;
    try {
      const secured = connectSecurely({
        socket,
        host,
        // Not for an IP address (RFC 6066, section 3).
        ...(isIP(host) === 0 ? { servername: host } : {}),
        secureContext: secureContextOf({
          ca:
            sslrootcert === undefined || sslrootcert === systemRootCert
              ? undefined
              : { setting: 'sslrootcert', path: sslrootcert },
          cert: sslcert === undefined ? undefined : { setting: 'sslcert', path: sslcert },
          key: sslkey === undefined ? undefined : { setting: 'sslkey', path: sslkey },
        }),
        // As in libpq, a configured CA is verified in every mode.
        rejectUnauthorized: sslmode.startsWith('verify-') || sslrootcert !== undefined,
        checkServerIdentity: (name, certificate) =>
          sslmode === 'verify-full' ? checkServerIdentity(name, certificate) : undefined,
      });
      this.#use(secured);
      secured.once('secureConnect', () => {
        isSecure = true;
        if (this._ending) secured.destroy();
        else this.#begin(secured, trial);
      });
      secured.on('error', (error) => {
        const explained = explain(error, host);
        if (isSecure) trial.fail(explained);
        else trial.refused(explained);
      });
    } catch (error) {
      // Without the configured files, no other way would work better.
      trial.fail(asUnusable(error));
      socket.destroy();
    }
  }

  /** Starts the session. Its first message shows whether pg_hba.conf only has an entry for another way. */
  #begin(stream: Duplex, { course, refused }: Trial): void {
    const hasChoice = course.attempts.length > 1 || course.refusals.length > 0;
    if (!hasChoice) this.attachListeners(stream);
    else {
      firstMessage(stream, (message, refusal) => {
        if (refusal !== null) return refused(new UnusableServerError(`The server says: ${refusal}.`));
        this.attachListeners(stream);
        stream.emit('data', message);
      });
    }
    this.emit('connect');
  }

  #use(stream: Duplex): void {
    Object.assign(this, { stream });
  }
}

/** A name with several addresses, such as `localhost`, fails with an AggregateError without a message. */
function withEachReason(error: Error): Error {
  if (error instanceof AggregateError && error.message === '') {
    error.message = error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  }
  return error;
}

function withRefusals(error: Error, refusals: readonly Error[]): Error {
  if (refusals.length === 0) return error;
  return new UnusableServerError([...refusals, error].map(({ message }) => message).join(' '), {
    cause: error,
  });
}

function explain(error: Error, host: string): Error {
  const failure = explainTlsFailure(error, {
    peer: host,
    caSetting: 'sslrootcert',
    certSetting: 'sslcert and sslkey',
    otherHostHint: ', or use sslmode=verify-ca',
  });
  return failure ? asUnusable(failure) : error;
}

function asUnusable(error: unknown): Error {
  return new UnusableServerError(error instanceof Error ? error.message : String(error), { cause: error });
}

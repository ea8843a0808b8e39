import { connect } from 'node:net';

/** A response as it came over the wire. */
export interface RawAnswer {
  /** 0 when the connection was closed without a response. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends any bytes over a new connection, and reads until the server closes it. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // The server may close before it has read everything.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n');
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
      resolve({ status: Number(status ?? 0), head, body: rest.join('\r\n\r\n') });
    });
    socket.write(bytes);
  });
}

/** A request without a body, after which the server closes the connection. */
export const rawRequest = (line: string, host = 'api.test', headers: readonly string[] = []) =>
  [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n');

/** Posts bytes to `/graphql`. */
export function rawPost(
  body: string | Buffer,
  headers: readonly string[] = ['Content-Type: application/json'],
): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.concat([
    Buffer.from(rawRequest('POST /graphql', 'api.test', [length, ...headers])),
    Buffer.from(body),
  ]);
}

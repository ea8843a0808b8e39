import { HttpConnection } from './http-connection.ts';
import type { BenchRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';

/** Asks once, and returns the body. @throws when the answer is another than the request's. */
export async function askOn(connection: HttpConnection, request: BenchRequest): Promise<Buffer> {
  const { status, body } = await connection.ask(request.bytes);
  if (status !== 200 || !request.isAnswer(body)) throw new Error(`The server answered ${status}: ${body}`);
  return body;
}

/** Runs `work` with a connection to a server. */
export async function withConnectionTo<T>(
  { port }: Pick<ServerProcess, 'port'>,
  work: (connection: HttpConnection) => Promise<T>,
): Promise<T> {
  const connection = new HttpConnection(port);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** Asks one server once, over a connection of its own. */
export function askOnce(server: ServerProcess, request: BenchRequest): Promise<Buffer> {
  return withConnectionTo(server, (connection) => askOn(connection, request));
}

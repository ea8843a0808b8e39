import { Agent, request } from 'node:http';
import { pageBody } from './page-request.ts';

/** Asks one server for pages over connections that stay open. */
export interface HttpClient {
  /** @returns the body. @throws when the status is not 200. */
  fetchPage(token: string): Promise<Buffer>;
  close(): void;
}

/** Makes a client with at most so many connections. */
export function createHttpClient(port: number, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    fetchPage: (token) =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            agent,
            host: '127.0.0.1',
            port,
            path: '/graphql',
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              'content-length': pageBody.length,
              authorization: `Bearer ${token}`,
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.once('error', reject);
            response.once('end', () => {
              const body = Buffer.concat(chunks);
              if (response.statusCode === 200) resolve(body);
              else reject(new Error(`The server answered ${response.statusCode}: ${body}`));
            });
          },
        );
        sent.once('error', reject);
        sent.end(pageBody);
      }),
    close: () => agent.destroy(),
  };
}

import { createServer } from 'node:http';
import { z } from 'zod';

/** Serves one page, whatever is asked for, under every name of this machine. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a page whose script is `script()`. */
export async function servePage(script: () => string): Promise<PageServer> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>A page</title><body><script>${script()}</script>`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

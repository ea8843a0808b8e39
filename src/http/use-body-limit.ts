import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { PayloadTooLargeError } from '../errors/index.ts';

/**
 * Refuses HTTP bodies of more than `limit` bytes. A body whose length is announced is let through or refused
 * by that, because Node.js cuts it off there; only one of unknown length is read with a counter, which costs
 * every request some tenth of its time when a stream does it for all.
 */
export function useBodyLimit(limit: number): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
      if (request.method !== 'POST' || !requestParser) return;
      const announced = request.headers.get('content-length');
      if (announced !== null) {
        if (!/^\d+$/.test(announced) || Number(announced) > limit) throw tooLarge(limit);
        return;
      }
      setRequestParser(async (unbounded) => {
        const body = await readAtMost(limit, unbounded);
        const { url, method, headers } = unbounded;
        return requestParser(new fetchAPI.Request(url, { method, headers, body }));
      });
    },
  };
}

async function readAtMost(limit: number, request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(limit: number): GraphQLError {
  return new GraphQLError('', {
    originalError: new PayloadTooLargeError(limit),
    extensions: { http: { status: 413 } },
  });
}

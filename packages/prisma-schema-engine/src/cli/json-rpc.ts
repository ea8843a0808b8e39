import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { SchemaEngineError } from '../deploy/errors.ts';

/** The code that Prisma's native engine gives every error; the Prisma CLI reads `data` only. */
const ENGINE_ERROR = 4466;

const identifier = z.union([z.number(), z.string()]);
const requestMessage = z.object({ id: identifier, method: z.string(), params: z.unknown().optional() });
const answerMessage = z.object({ id: identifier, result: z.unknown() });

/** Shows a text on the Prisma CLI's standard output; resolves when the CLI has done so. */
export type Print = (content: string) => Promise<void>;

/** Answers one call; what it returns is the result, what it throws the error that the CLI shows. */
export type RequestHandler = (method: string, params: unknown, print: Print) => Promise<unknown>;

/**
 * Serves JSON-RPC, one message a line, until the input ends. Requests are answered one after the other; the
 * answers to our own `print` requests are taken in between.
 */
export async function serveJsonRpc(input: Readable, output: Writable, handle: RequestHandler): Promise<void> {
  const printsShown = new Map<string | number, () => void>();
  let requestsDone: Promise<void> = Promise.resolve();

  const send = (message: object) => output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

  const print: Print = (content) =>
    new Promise((resolve) => {
      const id = `print-${printsShown.size + 1}`;
      printsShown.set(id, resolve);
      send({ id, method: 'print', params: { content } });
    });

  const answer = async ({ id, method, params }: z.infer<typeof requestMessage>) => {
    try {
      send({ id, result: (await handle(method, params, print)) ?? {} });
    } catch (error) {
      send({ id, error: errorBody(error) });
    }
  };

  for await (const line of createInterface({ input })) {
    const message: unknown = JSON.parse(line);
    const request = requestMessage.safeParse(message);
    if (request.success) {
      requestsDone = requestsDone.then(() => answer(request.data));
    } else {
      printsShown.get(answerMessage.parse(message).id)?.();
    }
  }
  await requestsDone;
}

function errorBody(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof SchemaEngineError ? error.code : undefined;
  return {
    code: ENGINE_ERROR,
    message: 'An error happened. Check the data field for details.',
    data: { is_panic: false, message, meta: {}, ...(code === undefined ? {} : { error_code: code }) },
  };
}

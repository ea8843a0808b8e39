import type { ServerResponse } from 'node:http';

/**
 * Lets an answer that is a stream end with its connection. The adapter would leave the client waiting for the rest when
 * the stream fails, and would go on asking for more when the client has gone.
 */
export function tieToConnection(answer: Response, connection: ServerResponse): Response {
  const { body } = answer;
  if (body === null) return answer;
  const reader = body.getReader();
  connection.once('close', () => void reader.cancel().catch(() => undefined));
  const tied = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch {
          // Without its last chunk, the client can't take it for the whole.
          connection.destroy();
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(tied, answer);
}

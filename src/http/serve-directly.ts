import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DirectHandler } from './direct-handler.ts';
import type { PlainAnswer } from './direct-path.ts';

/**
 * Reads the body of a request that the direct path accepts, and answers it.
 * @param address the client's address.
 * @param takeOrdinaryPath is called instead when the request turns out not to be plain. Its body can then be read again.
 */
export function serveDirectly(
  direct: DirectHandler,
  request: IncomingMessage,
  response: ServerResponse,
  address: string | null,
  takeOrdinaryPath: () => void,
): void {
  const chunks: Buffer[] = [];
  let missing = Number(request.headers['content-length']);
  const gone = new AbortController();

  function onReadable(): void {
    for (let chunk: unknown = request.read(); chunk instanceof Buffer; chunk = request.read()) {
      chunks.push(chunk);
      missing -= chunk.length;
    }
    if (missing > 0) return;
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const answering = direct.answer(request, body, address, gone.signal);
    // Not earlier: the next reader must find the stream as if it had not been read.
    if (answering === null) request.unshift(body);
    request.off('readable', onReadable);
    request.off('close', onClose);
    if (answering === null) takeOrdinaryPath();
    else {
      response.once('close', () => {
        if (!response.writableFinished) gone.abort();
      });
      // Ends the message, whose last bytes have been read.
      request.resume();
      void answering.then(send);
    }
  }

  function onClose(): void {
    request.off('readable', onReadable);
    direct.abandoned(request);
  }

  function send(answer: PlainAnswer | null): void {
    if (!answer) return;
    const { status, headers, body } = answer;
    if (response.getHeaderNames().length === 0) response.writeHead(status, headers);
    else {
      // When headers were set before, Node.js 20 would send only the last of several cookies.
      for (let index = 0; index < headers.length; index += 2) {
        response.appendHeader(headers[index] ?? '', headers[index + 1] ?? '');
      }
      response.writeHead(status);
    }
    response.end(body);
  }

  request.on('readable', onReadable);
  request.on('close', onClose);
}

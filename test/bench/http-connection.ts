import { connect, type Socket } from 'node:net';
import { type Answer, readAnswer } from './http-message.ts';

interface Exchange {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * A connection that stays open and has one request at a time. It speaks just enough HTTP for the answers that are
 * measured: Node.js's own client takes as much of the machine as the fastest of the servers.
 */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;
  #received: Buffer | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a request, opening the connection where it isn't. */
  ask(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#exchange) throw new Error('The connection has a request already.');
      this.#exchange = { resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      this.#socket = undefined;
      this.#fail(new Error('The server closed the connection.'));
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const answer = readAnswer(this.#received);
    if (!answer) return;
    const exchange = this.#exchange;
    this.#received = undefined;
    this.#exchange = undefined;
    exchange?.resolve(answer);
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#received = undefined;
    this.#exchange = undefined;
    exchange?.reject(error);
  }
}

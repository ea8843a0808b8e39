import { expect, it } from 'vitest';
import { readAnswer } from '../../bench/http-message.ts';

const head = 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n';
const withLength = Buffer.from(`${head}content-length: 10\r\n\r\n{"a":"é"}`);
const inChunks = Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n6\r\n:"é"}\r\n0\r\n\r\n`);

for (const [form, message] of Object.entries({ 'a length': withLength, chunks: inChunks })) {
  it(`reads an answer with ${form} once its last byte is there, and not before`, () => {
    for (let length = 0; length < message.length; length++)
      expect(readAnswer(message.subarray(0, length))).toBeNull();
    expect(readAnswer(message)).toEqual({ status: 503, body: Buffer.from('{"a":"é"}') });
  });
}

it('refuses an answer whose end it could not find', () => {
  expect(() => readAnswer(Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'))).toThrow(
    'An answer without a length',
  );
});

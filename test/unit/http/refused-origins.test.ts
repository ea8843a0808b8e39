import { describe, expect, it } from 'vitest';
import { createRefusedOriginReport } from '../../../src/http/refused-origins.ts';

function collect() {
  const reported: string[] = [];
  const listener = createRefusedOriginReport((origin) => void reported.push(origin));
  const ask = (origin: string, headers: Record<string, string> = {}) =>
    listener(origin, new Request('http://api.test/graphql', { headers }));
  return { reported, ask };
}

describe('the report of refused origins', () => {
  it('names each origin once', () => {
    const { reported, ask } = collect();
    for (const origin of [
      'https://a.test',
      'https://b.test:8443',
      'https://a.test',
      'http://[2001:db8::1]:3000',
      'null',
    ])
      ask(origin);
    expect(reported).toEqual(['https://a.test', 'https://b.test:8443', 'http://[2001:db8::1]:3000', 'null']);
  });

  it('is not for pages that the server itself serves, whose browser needs no permission', () => {
    const { reported, ask } = collect();
    ask('http://api.test');
    ask('https://api.example.com', { host: 'api.example.com' });
    ask('https://app.example.com', { 'sec-fetch-site': 'same-origin' });
    expect(reported).toEqual([]);
  });

  it.each([
    'https://a.test/\u009b31mred',
    'https://a.test alarm=TENANT_MISMATCH',
    'https://ü.test',
    `https://${'a'.repeat(300)}.test`,
    '',
  ])('leaves out %j, which no browser sends', (origin) => {
    const { reported, ask } = collect();
    ask(origin);
    expect(reported).toEqual([]);
  });

  it('ends after a hundred, since anybody can make up more', () => {
    const { reported, ask } = collect();
    for (let index = 0; index < 1_000; index++) ask(`https://a${index}.test`);
    expect(reported).toHaveLength(100);
  });
});

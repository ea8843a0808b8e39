import type { Plugin } from 'graphql-yoga';

/** The `Accept` ranges that include JSON. */
const jsonRanges: ReadonlySet<string> = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/graphql-response+json',
]);

/**
 * Answers in JSON whatever the client accepts (RFC 9110, section 12.4.1). Nothing here streams, but the library would
 * send event streams and multipart answers to clients that accept nothing else.
 */
export function useJsonAnswers(): Plugin {
  return {
    onRequest({ request: { headers } }) {
      if (!acceptsJson(headers.get('accept') || '*/*')) headers.set('accept', 'application/json');
    },
  };
}

/** Ignores quality values, as the library does, and ranges in charsets other than UTF-8. */
function acceptsJson(accept: string): boolean {
  return accept
    .toLowerCase()
    .replace(/\s/g, '')
    .split(',')
    .some((range) => {
      const [type = '', ...parameters] = range.split(';');
      const charset = parameters.find((parameter) => parameter.includes('charset='));
      return jsonRanges.has(type) && (charset ?? 'charset=utf-8') === 'charset=utf-8';
    });
}

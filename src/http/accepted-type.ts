import { LRUCache } from 'lru-cache';
import { acceptsCsv } from './csv/csv-answer.ts';

/** The media types of results. */
export type ResultType = 'application/json' | 'application/graphql-response+json';

/** The number of `Accept` values to remember: clients send few different ones. */
const known = new LRUCache<string, { readonly type: ResultType | null }>({ max: 500 });
const maximumKeptLength = 300;

/**
 * Returns the type that the server library would answer with: the client's first one that is ours, ignoring quality
 * values. Null when it takes the library to tell.
 */
export function acceptedResultType(accept: string | null): ResultType | null {
  if (accept === null || accept === '' || accept === '*/*' || accept === 'application/json') {
    return 'application/json';
  }
  const kept = known.get(accept);
  if (kept) return kept.type;
  const type = firstResultType(accept);
  if (accept.length <= maximumKeptLength) known.set(accept, { type });
  return type;
}

function firstResultType(accept: string): ResultType | null {
  if (accept.includes('charset') || acceptsCsv(accept)) return null;
  for (const range of accept.toLowerCase().replace(/\s/g, '').split(',')) {
    const [type = ''] = range.split(';');
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
    if (type.includes('*')) return null;
  }
  return null;
}

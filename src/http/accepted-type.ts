import { LRUCache } from 'lru-cache';

/** The media types that results have. */
export type ResultType = 'application/json' | 'application/graphql-response+json';

/** Clients send few different values; others are looked at anew. */
const known = new LRUCache<string, { readonly type: ResultType | null }>({ max: 500 });
const maximumKeptLength = 300;

/**
 * The type in which the server library would answer who accepts this: the first of the client's that is one of ours,
 * whatever the quality values say. Null when the library has to find out itself.
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
  if (accept.includes('charset')) return null;
  for (const range of accept.toLowerCase().replace(/\s/g, '').split(',')) {
    const [type = ''] = range.split(';');
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
    if (type.includes('*')) return null;
  }
  return null;
}

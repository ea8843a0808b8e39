import { ApolloClient, type FieldPolicy, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

/** The lists that Query has. */
const lists = [
  'assets',
  'auditLog',
  'branches',
  'departments',
  'managerAuditLog',
  'managers',
  'provisioningJobs',
  'roles',
  'tenants',
  'users',
];

const paging = ['first', 'after', 'last', 'before'];

/** One list for each set of filters and each order; its pages are joined. */
function list(): FieldPolicy {
  const policy = relayStylePagination((args) =>
    Object.keys(args ?? {}).filter((name) => !paging.includes(name)),
  );
  const { merge } = policy;
  if (typeof merge !== 'function') return policy;
  // A refused list is null; by itself relayStylePagination makes an empty one of it.
  policy.merge = (existing, incoming, options) =>
    existing || incoming ? merge(existing, incoming, options) : null;
  return policy;
}

export function createClient(fetch: typeof globalThis.fetch) {
  return new ApolloClient({
    link: new HttpLink({ uri: 'https://api.example.com/graphql', fetch }),
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: Object.fromEntries(lists.map((name) => [name, list()])) },
        Department: { fields: { children: list() } },
      },
    }),
    // What was answered beside a refused field is shown.
    defaultOptions: {
      watchQuery: { errorPolicy: 'all' },
      query: { errorPolicy: 'all' },
      mutate: { errorPolicy: 'all' },
    },
  });
}

declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: 'all';
      }
      interface Query {
        errorPolicy: 'all';
      }
      interface Mutate {
        errorPolicy: 'all';
      }
    }
  }
}

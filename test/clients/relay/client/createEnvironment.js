import { Environment, Network, RecordSource, Store } from 'relay-runtime';

export function createEnvironment(fetch) {
  const network = Network.create(async ({ text }, variables) => {
    const response = await fetch('https://api.example.com/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  });
  return new Environment({ network, store: new Store(new RecordSource()) });
}

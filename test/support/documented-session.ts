import { readFile } from 'node:fs/promises';

const documentation = new URL('../../docs/clients.md', import.meta.url);
const documentedApi = 'https://api.example.com/graphql';

/**
 * The code about sessions that the documentation gives to developers of browser applications, for the API at that
 * address.
 */
export async function documentedSession(api: string): Promise<string> {
  const blocks = (await readFile(documentation, 'utf8')).matchAll(/```js\n([\s\S]*?)```/g);
  const code = [...blocks].map(([, block = '']) => block).find((block) => block.includes('function signIn'));
  if (!code?.includes(documentedApi)) throw new Error('docs/clients.md has no code about sessions.');
  return code.replace(documentedApi, api);
}

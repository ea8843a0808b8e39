import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readServerConfiguration, serverSections } from '../../../src/config/environment.ts';
import { scriptSections } from '../../../src/config/script-environment.ts';
import { variablesOf } from '../../../src/config/sections/section.ts';

const root = new URL('../../../', import.meta.url);
const secrets = {
  SECRET_KEY: 'k'.repeat(32),
  CREDENTIALS_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

async function exampleVariables(): Promise<Record<string, string>> {
  const lines = (await readFile(new URL('.env.example', root), 'utf8')).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );
}

describe('.env.example', () => {
  it('names every variable that the configuration, docker-compose.yml and the tests read, and no other', async () => {
    const sections = [serverSections, ...Object.values(scriptSections)];
    const read = new Set(sections.flatMap(variablesOf));
    expect(Object.keys(await exampleVariables()).sort()).toEqual(
      [...read, 'POSTGRES_PASSWORD', 'TEST_REDIS_URL'].sort(),
    );
  });

  it("is read in docker-compose.yml's api, but for what that service or its image sets", async () => {
    const names = variablesOf(serverSections);
    const compose = await readFile(new URL('docker-compose.yml', root), 'utf8');
    const [, api = ''] = /^ {2}api:\n(.*?)^ {2}\w/ms.exec(compose) ?? [];
    const passed = [...api.matchAll(/^ {6}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
    // The database's address is passed by the anchor. Redis stands beside the API, and Kubernetes does not.
    expect(names.filter((name) => !passed.includes(name)).sort()).toEqual([
      'API_HOST',
      'API_PORT',
      'CENTRAL_ADMIN_DATABASE_URL',
      'ENVIRONMENT',
      'REDIS_CACERT',
      'REDIS_CLIENT_CERT',
      'REDIS_CLIENT_KEY',
      'VAULT_KUBERNETES_MOUNT',
      'VAULT_KUBERNETES_ROLE',
      'VAULT_KUBERNETES_TOKEN_FILE',
    ]);
  });

  it('gives the defaults that the configuration has', async () => {
    const variables = await exampleVariables();
    const { CENTRAL_ADMIN_DATABASE_URL } = variables;
    expect(readServerConfiguration({ ...variables, ...secrets })).toEqual(
      readServerConfiguration({ CENTRAL_ADMIN_DATABASE_URL, ...secrets }),
    );
  });
});

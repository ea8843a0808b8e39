import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readServerConfiguration } from '../../../src/config/environment.ts';

const root = new URL('../../../', import.meta.url);
const secrets = {
  SECRET_KEY: 'k'.repeat(32),
  CREDENTIALS_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

const readSource = () => readFile(new URL('src/config/environment.ts', root), 'utf8');

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
    const source = await readSource();
    const read = new Set(
      [...source.matchAll(/^\s+([A-Z][A-Z_]+): (?:optional|defaulted|required|z\.enum)\(/gm)].map(
        ([, name]) => name,
      ),
    );
    for (const [, name] of source.matchAll(/\b([A-Z][A-Z_]+): optional\(/g)) read.add(name);
    expect(Object.keys(await exampleVariables()).sort()).toEqual(
      [...read, 'POSTGRES_PASSWORD', 'TEST_REDIS_URL'].sort(),
    );
  });

  it("is read in docker-compose.yml's api, but for what that service or its image sets", async () => {
    const [, server = ''] = /const serverVariables = ({.*?^};)/ms.exec(await readSource()) ?? [];
    const names = [...server.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
    expect(names).toContain('TRUSTED_PROXIES');
    const compose = await readFile(new URL('docker-compose.yml', root), 'utf8');
    const [, api = ''] = /^ {2}api:\n(.*?)^ {2}\w/ms.exec(compose) ?? [];
    const passed = [...api.matchAll(/^ {6}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
    expect(names.filter((name) => !passed.includes(name))).toEqual(['ENVIRONMENT', 'API_HOST', 'API_PORT']);
  });

  it('gives the defaults that the configuration has', async () => {
    const variables = await exampleVariables();
    const { CENTRAL_ADMIN_DATABASE_URL } = variables;
    expect(readServerConfiguration({ ...variables, ...secrets })).toEqual(
      readServerConfiguration({ CENTRAL_ADMIN_DATABASE_URL, ...secrets }),
    );
  });
});

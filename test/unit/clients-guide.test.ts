import { readFile } from 'node:fs/promises';
import { isObjectType, isScalarType, isSpecifiedScalarType, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/schema.ts';

let guide: string;

beforeAll(async () => {
  guide = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8');
});

describe('the settings for clients in docs/clients.md', () => {
  it('name every scalar of our own', () => {
    const scalars = Object.values(schema.getTypeMap()).filter(
      (type) => isScalarType(type) && !isSpecifiedScalarType(type),
    );
    const [, listed = ''] = /scalars: \{([^}]*)\}/.exec(guide) ?? [];
    expect([...listed.matchAll(/(\w+):/g)].map(([, name]) => name).sort()).toEqual(
      scalars.map(({ name }) => name).sort(),
    );
  });

  it('name every type without an id, but for what makes up a connection', () => {
    const roots = [schema.getQueryType(), schema.getMutationType()];
    const keyless = Object.values(schema.getTypeMap()).filter(
      (type) =>
        isObjectType(type) &&
        !type.name.startsWith('__') &&
        !roots.includes(type) &&
        !/(Connection|Edge|PageInfo)$/.test(type.name) &&
        !('id' in type.getFields()),
    );
    const [, listed = ''] = /keys: KeyingConfig = \{([^}]*)\}/.exec(guide) ?? [];
    expect([...listed.matchAll(/(\w+): \(\) => null/g)].map(([, name]) => name).sort()).toEqual(
      keyless.map(({ name }) => name).sort(),
    );
  });
});

describe('the code for clients in docs/clients.md', () => {
  const read = (file: string) => readFile(new URL(`../clients/${file}`, import.meta.url), 'utf8');
  const words = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

  it.each([
    'apollo/create-client.ts',
    'urql/create-client.ts',
    'relay/client/createEnvironment.js',
    'csv/download-list.ts',
  ])('is what the tests run: %s', async (file) => {
    expect(guide).toContain(`\n${await read(file)}\`\`\``);
  });

  it('shows operations that the tests run with Relay', async () => {
    const source = words(await read('relay/client/Branches.jsx'));
    const [, relay = ''] = guide.split('\n### Relay\n');
    const [, block = ''] = /```graphql\n([\s\S]*?)```/.exec(relay) ?? [];
    const operations = block.trim().split('\n\n');
    expect(operations).toHaveLength(5);
    for (const operation of operations) expect(source).toContain(words(operation));
  });

  it('asks what there is to ask at the start', () => {
    const [, start = ''] = /```graphql\n(query Start [\s\S]*?)```/.exec(guide) ?? [];
    expect(validate(schema, parse(start))).toEqual([]);
    expect(words(guide)).toContain(`\`${words(start)}\``);
  });
});

it('every scalar of our own says where it is specified', () => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type) && !isSpecifiedScalarType(type)) expect(type.specifiedByURL).toMatch(/^https?:/);
  }
});

it('the schema describes itself', () => {
  expect(schema.description).toContain('tenant');
});

import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import { graphqlSync } from 'graphql';
import { expect, it } from 'vitest';
import { getDatamodel } from '../../../src/generated/pothos.ts';
import NodeIdsPlugin from '../../../src/graphql/node-ids.ts';

const noDatabase = () => {
  throw new Error('There is no database.');
};

it('node ids resolve without a promise', () => {
  const builder = new SchemaBuilder<{ Objects: { Thing: { key: string } } }>({
    plugins: [RelayPlugin, NodeIdsPlugin],
    relay: {},
    scopeAuth: { authScopes: () => ({}) },
    prisma: { client: noDatabase, dmmf: getDatamodel() },
  });
  const Thing = builder.node('Thing', { id: { resolve: ({ key }) => key }, fields: () => ({}) });
  builder.queryType({
    fields: (t) => ({ thing: t.field({ type: Thing, nullable: true, resolve: () => ({ key: '1' }) }) }),
  });
  // graphql-js refuses to wait for anything here.
  const { data, errors } = graphqlSync({
    schema: builder.toSchema(),
    source: '{ thing { id } }',
    contextValue: {},
  });
  expect(errors).toBeUndefined();
  expect(data).toEqual({ thing: { id: Buffer.from('Thing:1').toString('base64') } });
});

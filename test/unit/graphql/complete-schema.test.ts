import SchemaBuilder from '@pothos/core';
import { describe, expect, it } from 'vitest';
import { getDatamodel } from '../../../src/generated/pothos.ts';
import { completeSchema } from '../../../src/graphql/complete-schema.ts';

const noDatabase = () => {
  throw new Error('There is no database.');
};

/** A type that one module mentions and another defines. */
function createAsset() {
  const builder = new SchemaBuilder({
    plugins: [],
    relay: {},
    prisma: { client: noDatabase, dmmf: getDatamodel() },
    scopeAuth: { authScopes: () => ({}) },
  });
  builder.queryType({ fields: (t) => ({ ping: t.boolean({ resolve: () => true }) }) });
  return { builder, asset: builder.objectRef<object>('Asset') };
}

type Mention = (made: ReturnType<typeof createAsset>) => void;

const mentions: readonly (readonly [string, Mention])[] = [
  [
    'a field has it',
    ({ builder, asset }) => builder.queryField('asset', (t) => t.field({ type: asset, resolve: () => ({}) })),
  ],
  [
    'a field is added to it',
    ({ builder, asset }) => builder.objectField(asset, 'name', (t) => t.string({ resolve: () => '' })),
  ],
];

describe('a schema of modules of which one isn’t loaded', () => {
  it.each(mentions)(
    'is refused in one sentence that names the type and the place of imports: %s',
    (_how, mention) => {
      const made = createAsset();
      mention(made);
      expect(() => completeSchema(() => made.builder.toSchema())).toThrow(
        /^No module defines Asset: does src\/schema\.ts import every module\?$/,
      );
    },
  );

  it.each(mentions)('is built when that one is loaded, too: %s', (_how, mention) => {
    const made = createAsset();
    mention(made);
    made.asset.implement({ fields: (t) => ({ code: t.string({ resolve: () => '' }) }) });
    expect(completeSchema(() => made.builder.toSchema()).getType('Asset')).toBeDefined();
  });

  it('is a mistake of its own: others are told as they are', () => {
    const { builder } = createAsset();
    const twice = () => builder.objectType(builder.objectRef<object>('Twice'), { name: 'Query' });
    expect(() =>
      completeSchema(() => {
        twice();
        return builder.toSchema();
      }),
    ).toThrow(/Duplicate typename/);
  });
});

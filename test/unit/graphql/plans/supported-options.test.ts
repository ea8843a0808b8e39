import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { expect, it } from 'vitest';
import { getDatamodel } from '../../../../src/generated/pothos.ts';
import {
  assertOptionsSupported,
  unsupportedOptions,
} from '../../../../src/graphql/plans/supported-options.ts';
import { schema } from '../../../../src/schema.ts';

const noDatabase = () => {
  throw new Error('There is no database.');
};

/** A schema with one type, made by `declare`. */
function schemaWith(declare: (builder: ReturnType<typeof createBuilder>) => void) {
  const builder = createBuilder();
  builder.queryType({ fields: (t) => ({ ping: t.boolean({ resolve: () => true }) }) });
  declare(builder);
  return builder.toSchema();
}

function createBuilder() {
  return new SchemaBuilder<{ AuthScopes: { inTenant: boolean } }>({
    plugins: [ScopeAuthPlugin, RelayPlugin],
    relay: {},
    prisma: { client: noDatabase, dmmf: getDatamodel() },
    scopeAuth: { authScopes: () => ({ inTenant: true }) },
  });
}

it('are all that our schema uses', () => {
  expect(unsupportedOptions(schema)).toEqual([]);
});

it.each<[string, (builder: ReturnType<typeof createBuilder>) => void]>([
  [
    'Thing.skipInterfaceScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        skipInterfaceScopes: true,
        fields: (t) => ({ name: t.string({ resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.grantScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        grantScopes: () => ['x'],
        fields: (t) => ({ name: t.string({ resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.authScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        authScopes: () => ({ inTenant: true }),
        fields: (t) => ({ name: t.string({ resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.name.skipTypeScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        fields: (t) => ({ name: t.string({ skipTypeScopes: true, resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.name.unauthorizedResolver',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        fields: (t) => ({ name: t.string({ unauthorizedResolver: () => '', resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.name.authScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        fields: (t) => ({
          name: t.string({ authScopes: () => ({ inTenant: true }), resolve: () => '' }),
        }),
      }),
  ],
  [
    'Thing.name.grantScopes',
    (builder) =>
      builder.objectRef<object>('Thing').implement({
        fields: (t) => ({ name: t.string({ grantScopes: () => ['x'], resolve: () => '' }) }),
      }),
  ],
  [
    'Thing.authScopes',
    (builder) =>
      builder.interfaceRef<object>('Thing').implement({
        authScopes: { inTenant: true },
        fields: (t) => ({ name: t.string({ resolve: () => '' }) }),
      }),
  ],
])('stop the start by their name when they are not known: %s', (coordinate, declare) => {
  const strange = schemaWith(declare);
  expect(unsupportedOptions(strange)).toContain(coordinate);
  expect(() => assertOptionsSupported(strange)).toThrow(coordinate);
});

import SchemaBuilder from '@pothos/core';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { JSONResolver } from 'graphql-scalars';
import type { PermissionCode } from '../auth/permissions.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import type { Prisma } from '../generated/tenant/client.ts';
import { fromRows } from './answer-sources.ts';
import type { Context } from './context.ts';
import { describeMissingScopes } from './forbidden.ts';
import { decodeGlobalId, encodeGlobalId } from './global-id.ts';
import IsolatedRefusalsPlugin from './isolated-refusals.ts';
import NodeIdsPlugin from './node-ids.ts';
import { holdsPermission } from './permission-checks.ts';
import ReloadedRowsPlugin from './reloaded-rows.ts';
import { dateScalar, dateTimeScalar, decimalScalar, uuidScalar } from './scalars.ts';

/** The types that the modules' parts of the schema are checked against. */
export interface SchemaBuilderTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    UUID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: Date; Output: Date };
    Decimal: { Input: string; Output: Prisma.Decimal };
    JSON: { Input: unknown; Output: unknown };
  };
  AuthScopes: {
    /** Signed in, in a tenant or as a manager. */
    signedIn: boolean;
    /** Signed in, in a tenant. */
    inTenant: boolean;
    /** Holds the permission. */
    permission: PermissionCode;
    /** A platform manager who is in no tenant. */
    manager: boolean;
    /** Is this very user. */
    self: string;
  };
}

/** The schema builder, to which every module adds its types, queries and mutations. */
export const builder = new SchemaBuilder<SchemaBuilderTypes>({
  // Scope-auth comes first, so that it wraps the other plugins' resolvers.
  plugins: [
    ScopeAuthPlugin,
    RelayPlugin,
    PrismaPlugin,
    DataloaderPlugin,
    IsolatedRefusalsPlugin,
    ReloadedRowsPlugin,
    NodeIdsPlugin,
  ],
  defaultFieldNullability: false,
  scopeAuth: {
    // Reading `db` throws the exact reason (no token, an expired one, a suspended tenant, …) when there is no tenant.
    authScopes: (context) => ({
      signedIn: () => Boolean(context.viewer),
      inTenant: () => Boolean(context.db),
      manager: () => Boolean(context.platform),
      permission: (permission) => holdsPermission(context, permission),
      self: (userId) => context.viewer.userId === userId,
    }),
    unauthorizedError: (_parent, _context, _info, result) => describeMissingScopes(result.failure),
  },
  relay: {
    cursorType: 'String',
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    idFieldOptions: { description: 'The global id.' },
    nodeTypeOptions: { description: 'Anything with a global id, by which it can be fetched again.' },
    nodeQueryOptions: {
      description:
        'Fetches one object by its global id. Null when it does not exist. Requires the permission of its type.',
      // Each type checks its own permission when it is loaded.
      authScopes: { signedIn: true },
      extensions: fromRows,
      args: {
        id: { description: 'The global id. A UUID is not enough, because it does not identify the type.' },
      },
    },
    nodesQueryOptions: {
      description:
        'Fetches objects by their global ids, in that order, with null for those that do not exist.',
      authScopes: { signedIn: true },
      extensions: fromRows,
      args: {
        ids: { description: 'The global ids. UUIDs are not enough, because they do not identify the types.' },
      },
    },
    pageInfoTypeOptions: { description: 'The position of a page in its list.' },
    hasNextPageFieldOptions: { description: 'Whether rows follow this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether rows come before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first row; null when the page is empty.' },
    endCursorFieldOptions: { description: 'The cursor of the last row; null when the page is empty.' },
    firstArgOptions: {
      description: 'The number of rows to return from the start of the list or after `after`: 0 to 100.',
    },
    afterArgOptions: { description: 'Return rows after this cursor.' },
    lastArgOptions: {
      description: 'The number of rows to return from the end of the list or before `before`: 0 to 100.',
    },
    beforeArgOptions: { description: 'Return rows before this cursor.' },
    cursorFieldOptions: {
      description: 'The position of this row in the list; pass it as `after` or `before`.',
    },
    edgesFieldOptions: { nullable: false, description: 'The rows of this page with their cursors.' },
    nodeFieldOptions: { nullable: false, description: 'The row.' },
    pageInfoFieldOptions: { description: 'The position of this page in the list.' },
  },
  prisma: {
    client: (context) => context.db,
    dmmf: getDatamodel(),
  },
});

builder.queryType({ description: 'The read operations.' });
builder.mutationType({
  description: 'The write operations. The fields of one mutation run one after another.',
});
builder.addScalarType('UUID', uuidScalar, {
  description: 'A UUID in its canonical form, lower case with hyphens.',
});
builder.addScalarType('DateTime', dateTimeScalar, {
  description: 'A date and time in RFC 3339 format, in the years 1 to 9999, e.g. `2026-01-31T09:30:00.000Z`.',
});
builder.addScalarType('Date', dateScalar, {
  description: 'A calendar day of the years 1 to 9999 without a time, as in RFC 3339, e.g. `2026-01-31`.',
});
builder.addScalarType('Decimal', decimalScalar, {
  description:
    'An exact decimal number as text, e.g. `"1290000.5"`: read it with a library for decimals, because floating point loses digits. Answers have neither an exponent nor zeros at the end.',
});
builder.addScalarType('JSON', JSONResolver, { description: 'Any JSON value.' });

import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';

/** Fields that need no authorization: signing in and, with a refresh token, signing out. */
export const publicFields: ReadonlySet<string> = new Set([
  'Mutation.login',
  'Mutation.logout',
  'Mutation.refreshToken',
]);

/** Types that only wrap the result of a guarded field. */
const carrierTypes = new Set([
  'AuditChange',
  'AuthPayload',
  'CustomerMerge',
  'PageInfo',
  'ResetPasswordPayload',
  'Session',
  'SuccessResponse',
  'TenantSetting',
  'Viewer',
  'ViewerTenant',
]);
const carrierTypeNames = /(Connection|Edge)$/;

/**
 * Returns the fields, as `Type.field`, that neither have a guard, of their own or of their type, nor are listed as
 * public.
 */
export function unguardedFields(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__') && !carrierTypes.has(name) && !carrierTypeNames.test(name))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => !hasScopes(field) && !hasScopes(type))
        .map((field) => `${type.name}.${field.name}`),
    )
    .filter((coordinate) => !publicFields.has(coordinate));
}

/** Denies by default: a field without a declared permission does not ship. @throws naming every such field. */
export function assertEveryFieldGuarded(schema: GraphQLSchema): void {
  const unguarded = unguardedFields(schema);
  if (unguarded.length > 0) {
    throw new Error(`These fields have no authScopes and are not listed as public: ${unguarded.join(', ')}`);
  }
}

function hasScopes({ extensions }: GraphQLObjectType | GraphQLField<unknown, unknown>): boolean {
  const options: unknown = extensions.pothosOptions;
  return (
    typeof options === 'object' && options !== null && 'authScopes' in options && Boolean(options.authScopes)
  );
}

import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';

/** Fields that anybody may ask for: the ways to sign in and, for who holds a refresh token, out. */
export const publicFields: ReadonlySet<string> = new Set([
  'Mutation.login',
  'Mutation.logout',
  'Mutation.refreshToken',
]);

/** Types that only carry what a guarded field has already given. */
const carrierTypes = new Set([
  'AuditChange',
  'AuthPayload',
  'PageInfo',
  'ResetPasswordPayload',
  'Session',
  'SuccessResponse',
  'TenantSetting',
  'Viewer',
  'ViewerTenant',
]);
const carrierTypeNames = /(Connection|Edge)$/;

/** The fields, as `Type.field`, that have no guard of their own or of their type and are not listed as public. */
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

/** Deny by default: a field without a declared permission does not ship. @throws naming every such field. */
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

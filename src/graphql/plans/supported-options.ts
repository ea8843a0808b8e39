import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { isSupportedGrant, isSupportedGuard } from './declared-scopes.ts';
import { optionsOf } from './pothos-options.ts';

/** Options of types that don't affect access, and the one that does. */
const typeOptions: ReadonlySet<string> = new Set([
  'authScopes',
  'brandLoadedObjects',
  'description',
  'extensions',
  'fields',
  'id',
  'isTypeOf',
  'load',
  'loadMany',
  'loadManyWithoutCache',
  'loadOne',
  'loadWithoutCache',
  'name',
  'resolveType',
  'variant',
]);

/** The same for fields. */
const fieldOptions: ReadonlySet<string> = new Set([
  'args',
  'authScopes',
  'description',
  'extensions',
  'grantScopes',
  'nullable',
  'resolve',
  'select',
  'type',
]);

/**
 * Refuses a schema with options that plans (see compile-plan.ts) don't support: one of them may add a guard that only
 * the plugins would apply. Root fields are always resolved through the plugins, so that their guards may be any
 * function.
 * @throws naming every such option.
 */
export function assertOptionsSupported(schema: GraphQLSchema): void {
  const unknown = unsupportedOptions(schema);
  if (unknown.length === 0) return;
  throw new Error(
    `Plans don't support these options. Add support in src/graphql/plans before using them: ${unknown.join(', ')}`,
  );
}

/** Returns the options, as `Type.option` and `Type.field.option`, that plans don't support. */
export function unsupportedOptions(schema: GraphQLSchema): string[] {
  const roots: readonly (GraphQLNamedType | null | undefined)[] = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ];
  const found: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    const isObject = isObjectType(type);
    if (!(isObject || isInterfaceType(type)) || type.name.startsWith('__')) continue;
    // Guards of interfaces would also apply to the objects that implement them.
    if (!isObject && optionsOf(type).authScopes !== undefined) found.push(`${type.name}.authScopes`);
    found.push(...strangeOptions(type.name, type, typeOptions));
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      found.push(...strangeOptions(coordinate, field, fieldOptions, roots.includes(type)));
    }
  }
  return found;
}

function strangeOptions(
  coordinate: string,
  declared: GraphQLNamedType | GraphQLField<unknown, unknown>,
  known: ReadonlySet<string>,
  mayGuardByFunction = false,
): string[] {
  const options = optionsOf(declared);
  return Object.keys(options)
    .filter((name) => {
      if (!known.has(name)) return true;
      if (name === 'authScopes') return !mayGuardByFunction && !isSupportedGuard(options.authScopes);
      return name === 'grantScopes' && !isSupportedGrant(options.grantScopes);
    })
    .map((name) => `${coordinate}.${name}`);
}

import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isListType,
  isNonNullType,
} from 'graphql';
import { declaredGrant, declaredGuard } from './guards.ts';
import { rootTypeNames } from './isolated-refusals.ts';
import { objectTypes } from './object-types.ts';
import { isRecord, optionsOf } from './plans/pothos-options.ts';

/** Names of scopes, such as `permission:users:read` and `granted:reference`. */
type Scopes = ReadonlySet<string>;

const grantedPrefix = 'granted:';

/**
 * Returns the fields, as `Type.field`, that are non-null although a guard may refuse them: root fields, fields with
 * their own guard, and fields that lead to objects whose type has a guard that isn't certain to have passed already.
 */
export function refusableNonNullFields(schema: GraphQLSchema): string[] {
  const held = scopesHeld(schema);
  return [...held.keys()].flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => isRefusable(type, field) || leadsToRefusable(schema, type, field, held))
      .map((field) => `${type.name}.${field.name}`),
  );
}

/** Asserts that a refusal nulls only the refused field. @throws naming every field where it would null more. */
export function assertRefusalsIsolated(schema: GraphQLSchema): void {
  const fields = refusableNonNullFields(schema);
  if (fields.length === 0) return;
  throw new Error(
    `A guard may refuse these fields, so they have to be nullable (in a list, its items): ${fields.join(', ')}`,
  );
}

function isRefusable(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
  return (
    isNonNullType(field.type) && (rootTypeNames.has(parent.name) || Boolean(optionsOf(field).authScopes))
  );
}

function leadsToRefusable(
  schema: GraphQLSchema,
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  held: ReadonlyMap<GraphQLObjectType, Scopes>,
): boolean {
  if (!areObjectsNonNull(field.type)) return false;
  const arriving = scopesBehind(parent, field, held.get(parent) ?? new Set());
  return objectTypes(schema, getNamedType(field.type)).some((type) => {
    const { authScopes } = optionsOf(type);
    return Boolean(authScopes) && !alternatives(authScopes).some((scope) => arriving.has(scope));
  });
}

/** Returns whether null instead of an object would null the list or the object around it. */
function areObjectsNonNull(type: GraphQLOutputType): boolean {
  if (!isNonNullType(type)) return isListType(type) && areObjectsNonNull(type.ofType);
  return !isListType(type.ofType) || areObjectsNonNull(type.ofType.ofType);
}

/** Returns the scopes that every viewer who reaches an object of each type holds for certain, on any path. */
function scopesHeld(schema: GraphQLSchema): ReadonlyMap<GraphQLObjectType, Scopes> {
  const roots = [...rootTypeNames].flatMap((name) => {
    const type = schema.getType(name);
    return type ? objectTypes(schema, type) : [];
  });
  const held = new Map<GraphQLObjectType, Scopes>(roots.map((root) => [root, new Set()]));
  const waiting = [...roots];
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    for (const field of Object.values(type.getFields())) {
      const arriving = scopesBehind(type, field, held.get(type) ?? new Set());
      for (const target of objectTypes(schema, getNamedType(field.type))) {
        const known = held.get(target);
        const common = known ? new Set([...known].filter((scope) => arriving.has(scope))) : arriving;
        if (common.size === known?.size) continue;
        held.set(target, common);
        waiting.push(target);
      }
    }
  }
  return held;
}

/**
 * Returns the scopes of a viewer who follows a field: those held before, those of the guards passed, and those that the
 * field grants.
 */
function scopesBehind(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  heldByParent: Scopes,
): Scopes {
  const { authScopes, grantScopes } = optionsOf(field);
  const passed = [
    ...heldByParent,
    ...onlyAlternative(optionsOf(parent).authScopes),
    ...onlyAlternative(authScopes),
  ];
  return new Set([
    // A granted scope applies only to the object that the field leads to.
    ...passed.filter((scope) => !scope.startsWith(grantedPrefix)),
    ...grantedScopes(grantScopes).map(granted),
  ]);
}

/** Returns the scope that a viewer who has passed a guard holds for certain; none for a guard with alternatives. */
function onlyAlternative(authScopes: unknown): readonly string[] {
  const scopes = alternatives(authScopes);
  return scopes.length === 1 ? scopes : [];
}

function grantedScopes(option: unknown): readonly unknown[] {
  return Array.isArray(option) ? option : (declaredGrant(option)?.always ?? []);
}

/** Returns the scopes each of which passes a guard, as far as its declaration is known. */
function alternatives(authScopes: unknown): readonly string[] {
  const guard = declaredGuard(authScopes);
  if (guard) {
    return [
      nameScope('permission', guard.permission),
      ...(guard.granted === undefined ? [] : [granted(guard.granted)]),
      ...(guard.self ? ['self'] : []),
    ];
  }
  if (!isRecord(authScopes)) return [];
  return Object.entries(authScopes).flatMap(([name, value]) => {
    if (name === '$any') return alternatives(value);
    return name === '$granted' ? [granted(value)] : [nameScope(name, value)];
  });
}

function granted(scope: unknown): string {
  return `${grantedPrefix}${String(scope)}`;
}

function nameScope(name: string, value: unknown): string {
  return `${name}:${JSON.stringify(value)}`;
}

/**
 * The entities of a tenant: what its people keep, by their names in GraphQL, in Prisma's client and in permissions. A
 * new one starts with a line here; its permissions, the type of its global ids and the list of entities that need tests
 * follow from it.
 */
export const entities = [
  { name: 'User', model: 'user', resource: 'users' },
  { name: 'Role', model: 'role', resource: 'roles' },
  { name: 'Department', model: 'department', resource: 'departments' },
  { name: 'Branch', model: 'branch', resource: 'branches' },
  { name: 'Asset', model: 'asset', resource: 'assets' },
] as const;

/** The name of an entity. */
export type EntityName = (typeof entities)[number]['name'];

/** An entity in the plural, as its permissions name it. */
export type Resource = (typeof entities)[number]['resource'];

/** An entity's line. */
export function entityOf(name: EntityName): (typeof entities)[number] {
  const found = entities.find((entity) => entity.name === name);
  if (!found) throw new Error(`The catalogue has no entity ${name}.`);
  return found;
}

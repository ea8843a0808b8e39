import type { Prisma } from '../generated/tenant/client.ts';

/**
 * The entities of a tenant: what its people keep, by their names in GraphQL, in Prisma's client and in permissions. A
 * new one starts with a line here; its permissions, the type of its global ids and the list of entities that need tests
 * follow from it. `owners` are the columns which name the users whose row it is; the permissions of an entity that has
 * them carry row scopes (see src/auth/row-scopes.ts).
 */
export const entities = [
  { name: 'User', model: 'user', resource: 'users' },
  { name: 'Role', model: 'role', resource: 'roles' },
  { name: 'Department', model: 'department', resource: 'departments' },
  { name: 'Branch', model: 'branch', resource: 'branches' },
  { name: 'Pipeline', model: 'pipeline', resource: 'pipelines' },
  { name: 'Stage', model: 'stage', resource: 'pipelines', list: 'stages' },
  { name: 'Customer', model: 'customer', resource: 'customers', owners: ['ownerId'] },
  { name: 'Contact', model: 'contact', resource: 'contacts', owners: ['ownerId'] },
  { name: 'Deal', model: 'deal', resource: 'deals', owners: ['ownerId'] },
  { name: 'Activity', model: 'activity', resource: 'activities', owners: ['assigneeId'] },
  { name: 'Asset', model: 'asset', resource: 'assets', owners: ['holderId'] },
] as const satisfies readonly Entity[];

/** An entity by its Prisma model, whose columns its owners are. */
type Entity = {
  readonly [Name in Prisma.ModelName]: {
    readonly name: Name;
    readonly model: Uncapitalize<Name>;
    readonly resource: string;
    readonly owners?: readonly (keyof Prisma.TypeMap['model'][Name]['payload']['scalars'])[];
  };
}[Prisma.ModelName];

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

/** The columns that name the users whose row it is; none when its rows have no owners. */
export function ownersOf(name: EntityName): readonly string[] {
  const entity = entityOf(name);
  return 'owners' in entity ? entity.owners : [];
}

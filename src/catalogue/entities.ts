import type { Prisma } from '../generated/tenant/client.ts';

/**
 * The entities of a tenant: what its people keep, by their names in GraphQL and Prisma. A new one starts with a line
 * here; its permissions, the type of its global ids, what messages call it and the list of entities that need tests
 * follow from it. `owners` are the columns which name the users whose row it is; the permissions of an entity that has
 * them carry row scopes (see src/auth/row-scopes.ts).
 */
export const entities = [
  { name: 'User', resource: 'users', noun: { en: 'user', ko: '사용자' } },
  { name: 'Role', resource: 'roles', noun: { en: 'role', ko: '역할' } },
  { name: 'Department', resource: 'departments', noun: { en: 'department', ko: '부서' } },
  { name: 'Branch', resource: 'branches', noun: { en: 'branch', ko: '지점' } },
  { name: 'Asset', resource: 'assets', noun: { en: 'asset', ko: '자산' }, owners: ['holderId'] },
] as const satisfies readonly Entity[];

/** An entity by its Prisma model, whose columns its owners are. */
type Entity = {
  readonly [Name in Prisma.ModelName]: {
    readonly name: Name;
    readonly resource: string;
    readonly noun: { readonly en: string; readonly ko: string };
    readonly owners?: readonly (keyof Prisma.TypeMap['model'][Name]['payload']['scalars'])[];
  };
}[Prisma.ModelName];

/** The name of an entity. */
export type EntityName = (typeof entities)[number]['name'];

/** An entity in the plural, as its permissions name it. */
export type Resource = (typeof entities)[number]['resource'];

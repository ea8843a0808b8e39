/**
 * The entities of a tenant: what its people keep, by their names in GraphQL and Prisma. A new one starts with a line
 * here; its permissions, the type of its global ids, what messages call it and the list of entities that need tests
 * follow from it.
 */
export const entities = [
  { name: 'User', resource: 'users', noun: { en: 'user', ko: '사용자' } },
  { name: 'Role', resource: 'roles', noun: { en: 'role', ko: '역할' } },
  { name: 'Department', resource: 'departments', noun: { en: 'department', ko: '부서' } },
  { name: 'Branch', resource: 'branches', noun: { en: 'branch', ko: '지점' } },
  { name: 'Asset', resource: 'assets', noun: { en: 'asset', ko: '자산' } },
] as const;

/** The name of an entity. */
export type EntityName = (typeof entities)[number]['name'];

/** An entity in the plural, as its permissions name it. */
export type Resource = (typeof entities)[number]['resource'];

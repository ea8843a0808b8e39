import { randomUUID } from 'node:crypto';
import type { RowScope } from '../../src/auth/row-scopes.ts';
import type { TestFleet, TestTenant } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { addManager, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson, type ScopedPermissions } from '../support/scoped-roles.ts';

/** Whose an asset is, as the viewer sees it: their own, of somebody below them, of somebody elsewhere, or nobody's. */
export const owners = ['own', 'colleague', 'stranger', 'nobody'] as const;
export type Owner = (typeof owners)[number];

/** The owners whose rows a scope is about. */
export const reached: Readonly<Record<RowScope, readonly Owner[]>> = {
  OWN: ['own'],
  DEPARTMENT: ['own', 'colleague'],
  ALL: owners,
};

/** The owners whose rows both of two permissions are about. */
export const reachedByBoth = (one: RowScope, other: RowScope): readonly Owner[] =>
  reached[one].filter((owner) => reached[other].includes(owner));

/** Three users with assets: one who asks, one in the department below theirs, and one elsewhere. */
export interface ScopeFixture {
  readonly viewer: Person;
  readonly ids: Readonly<Record<Exclude<Owner, 'nobody'>, string>>;
  /** Begins the code of each asset, and is in that of no other. */
  readonly tag: string;
  readonly branch: string;
  /** One asset of each, all of them at the branch. */
  readonly assets: Readonly<Record<Owner, string>>;
  /** Adds an asset. */
  add(owner: Owner, more?: object): Promise<string>;
}

/**
 * Creates users with assets in separate departments. @param permissions of the viewer, or a manager who is in the
 * tenant.
 */
export async function createScopeFixture(
  fleet: TestFleet,
  tenant: TestTenant,
  permissions: ScopedPermissions | 'manager',
): Promise<ScopeFixture> {
  const { db } = tenant;
  const department = async (parentId: string | null = null) =>
    (await db.department.create({ data: { code: `D-${randomUUID()}`, name: 'D', parentId } })).id;
  const home = await department();
  const nobodysRights = { roleId: null, permissions: [] };
  const placed = async (departmentId: string) =>
    (await addPerson(fleet, tenant, nobodysRights, { departmentId })).id;
  const viewer =
    permissions === 'manager'
      ? await addManager(fleet, tenant.tenantKey)
      : await addScopedPerson(fleet, tenant, permissions, { departmentId: home });
  const ids = {
    // A manager has no assets of their own: those are somebody else's like all others.
    own: permissions === 'manager' ? await placed(home) : viewer.id,
    colleague: await placed(await department(home)),
    stranger: await placed(await department()),
  };
  const tag = `T${randomUUID()}`;
  const branch = (await db.branch.create({ data: { code: `B-${randomUUID()}`, name: 'B' } })).id;
  const add = async (owner: Owner, more: object = {}) => {
    const holderId = owner === 'nobody' ? null : ids[owner];
    const code = `${tag}.${owner}.${randomUUID().slice(0, 8)}`;
    return (await db.asset.create({ data: { code, name: owner, holderId, branchId: branch, ...more } })).id;
  };
  const assets = {
    own: await add('own'),
    colleague: await add('colleague'),
    stranger: await add('stranger'),
    nobody: await add('nobody'),
  };
  return { viewer, ids, tag, branch, assets, add };
}

/** An answer as its reader sees it, without what names the row that was asked for and what differs in every request. */
export function withoutId({ data, errors }: ClientAnswer, id: string): string {
  return JSON.stringify({
    data,
    errors: errors.map(({ extensions: { requestId, ...extensions }, ...error }) => ({
      ...error,
      extensions,
    })),
  }).replaceAll(id, 'the id');
}

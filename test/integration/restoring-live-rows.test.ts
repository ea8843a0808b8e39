import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createScopeFixture,
  owners,
  reached,
  type ScopeFixture,
  withoutId,
} from '../entities/scope-fixture.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import type { ScopedPermissions } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const restore = (token: string, name: string, id: string, language = 'en') =>
  fleet.graphql(`mutation ($id: ID!) { restore${name}(${name.toLowerCase()}Id: $id) { __typename } }`, {
    token,
    variables: { id },
    headers: { 'accept-language': language },
  });

const restoreAsset = ({ viewer }: ScopeFixture, id: string) => restore(viewer.token, 'Asset', id);

const liveRow: Readonly<Record<string, () => Promise<{ readonly id: string }>>> = {
  Asset: () => acme.db.asset.create({ data: { code: randomUUID(), name: 'Live' } }),
  Branch: () => acme.db.branch.create({ data: { code: randomUUID(), name: 'Live' } }),
  Department: () => acme.db.department.create({ data: { code: randomUUID(), name: 'Live' } }),
  Role: () => acme.db.role.create({ data: { code: randomUUID(), name: 'Live' } }),
  User: () => addPerson(fleet, acme, { roleId: null, permissions: [] }),
};

describe('restoring a row that is live', () => {
  it.each([
    ['Asset', 'The asset isn’t deleted.', '삭제되지 않은 자산입니다.'],
    ['Branch', 'The branch isn’t deleted.', '삭제되지 않은 지점입니다.'],
    ['Department', 'The department isn’t deleted.', '삭제되지 않은 부서입니다.'],
    ['Role', 'The role isn’t deleted.', '삭제되지 않은 역할입니다.'],
    ['User', 'The user isn’t deleted.', '삭제되지 않은 사용자입니다.'],
  ])('says that it isn’t deleted, in both languages: %s', async (name, english, korean) => {
    const { token } = admin;
    const row = await liveRow[name]?.();
    for (const [language, said] of [
      ['en', english],
      ['ko', korean],
    ] as const) {
      const { errors, codes } = await restore(token, name, row?.id ?? '', language);
      expect(codes).toEqual(['NOT_FOUND']);
      expect(errors[0]?.message).toBe(said);
    }
    const unknown = await restore(token, name, randomUUID());
    expect(unknown.errors[0]?.message).toBe(`The ${name.toLowerCase()} was not found.`);
  });

  it.each<readonly [string, ScopedPermissions, readonly string[]]>([
    ['reads their own', { 'assets:read': 'OWN', 'assets:delete': 'ALL' }, reached.OWN],
    ['reads a department’s', { 'assets:read': 'DEPARTMENT', 'assets:delete': 'OWN' }, reached.DEPARTMENT],
    ['reads all', { 'assets:read': 'ALL', 'assets:delete': 'OWN' }, reached.ALL],
    ['reads none', { 'assets:delete': 'ALL' }, []],
  ])('tells who %s nothing of what they don’t see', async (_who, permissions, seen) => {
    const us = await createScopeFixture(fleet, acme, permissions);
    const unknown = randomUUID();
    const none = withoutId(await restoreAsset(us, unknown), unknown);
    for (const owner of owners) {
      const answer = await restoreAsset(us, us.assets[owner]);
      if (seen.includes(owner)) expect(answer.errors[0]?.message).toBe('The asset isn’t deleted.');
      else expect(withoutId(answer, us.assets[owner])).toBe(none);
    }
  });
});

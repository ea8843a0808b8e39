import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type EntityName, entities, listOf } from '../../../src/catalogue/entities.ts';
import { delegateOf } from '../../../src/entities/references.ts';
import type { NodeTypeName } from '../../../src/graphql/global-id.ts';
import { addRow, testedEntities } from '../../entities/entity-table.ts';
import { atOtherTimes } from '../../support/audit-times.ts';
import type { TestFleet, TestTenant } from '../../support/fleet.ts';
import { quickHash } from '../../support/quick-hash.ts';
import { openSession, storeRefreshToken } from '../../support/sessions.ts';
import { type Claims, signToken } from '../../support/tokens.ts';
import { type ListName, listNames, nodeTypes, type ReplayTenant, type Target } from './replay.ts';

type Ids = Readonly<Record<NodeTypeName, string>>;

/** A tenant whose rows are all there, before there are targets in it. */
interface SeededTenant extends TestTenant {
  readonly token: string;
  readonly ownIds: Ids;
  readonly password: string;
  readonly passwordHash: string;
}

/** Provisions two tenants and puts rows into them that look alike. */
export async function createReplayTenants(
  fleet: TestFleet,
  keys: readonly [string, string],
): Promise<[ReplayTenant, ReplayTenant]> {
  const sharedIds = makeIds();
  const [first, second] = await Promise.all([
    seedTenant(fleet, keys[0], sharedIds),
    seedTenant(fleet, keys[1], sharedIds),
  ]);
  const both = [first, second];
  const sign = (claims: Claims) => signToken(claims, fleet.secretKey);
  const replayTenant = async (tenant: SeededTenant): Promise<ReplayTenant> => {
    const { tenantKey, db, runAsOwner, token, password, ownIds } = tenant;
    const cursors = await readCursors(fleet, token);
    const cursorsOf = (ids: Ids): Target['cursors'] => {
      const cursorOf = (typename: NodeTypeName) => cursors.get(ids[typename]) ?? '';
      const ofEntities = entities.map(({ name }) => [listOf(name), cursorOf(name)]);
      return Object.fromEntries([...ofEntities, ['auditLog', cursorOf('AuditRecord')]]);
    };
    const target = (homes: readonly SeededTenant[], ids: Ids, username: string, search: string): Target => ({
      ids,
      username,
      password,
      search,
      cursors: cursorsOf(ids),
      ...makerOf(homes, ids),
    });
    return {
      tenantKey,
      db,
      runAsOwner,
      token,
      sign,
      own: target([tenant], ownIds, 'kim', tenantKey),
      sameIds: target(both, sharedIds, 'john', 'John'),
    };
  };
  return Promise.all([replayTenant(first), replayTenant(second)]);
}

/** Creates rows to be used up, with the same id in each tenant. */
function makerOf(
  homes: readonly SeededTenant[],
  ids: Ids,
): Pick<Target, 'spare' | 'correction' | 'employeeAtWork' | 'session' | 'storeRefreshToken'> {
  return {
    async spare(typename, state = 'live') {
      const id = randomUUID();
      for (const home of homes) await addSpare(home, typename, id, state, ids.Role);
      return id;
    },
    async correction() {
      const id = randomUUID();
      for (const { db, tenantKey } of homes) {
        const employeeId = await addRow(db, 'Employee');
        await db.attendanceCorrection.create({
          data: {
            id,
            employeeId,
            workDate: new Date('2026-03-11'),
            clockedInAt: new Date('2026-03-11T00:00:00Z'),
            clockedOutAt: new Date('2026-03-11T09:00:00Z'),
            reason: `Reason of ${tenantKey}`,
          },
        });
      }
      return id;
    },
    async employeeAtWork() {
      const id = randomUUID();
      for (const { db } of homes) {
        await addRow(db, 'Employee', { id });
        await addRow(db, 'AttendanceRecord', { employeeId: id, clockedInAt: new Date() });
      }
      return id;
    },
    async session(owner) {
      const id = randomUUID();
      for (const { db, tenantKey } of homes) {
        const userId =
          owner === 'the user'
            ? ids.User
            : (await db.user.findFirstOrThrow({ where: { username: 'admin' }, select: { id: true } })).id;
        await db.session.create({ data: { id, userId, ...sessionOf(tenantKey) } });
      }
      return id;
    },
    async storeRefreshToken(refreshToken) {
      for (const { db } of homes) await storeRefreshToken(db, refreshToken);
    },
  };
}

const sessionOf = (tenantKey: string) => ({
  expiresAt: new Date(Date.now() + 86_400_000),
  userAgent: `Browser of ${tenantKey}`,
});

async function addSpare(
  { db, tenantKey, passwordHash }: SeededTenant,
  typename: EntityName,
  id: string,
  state: 'live' | 'deleted',
  roleId: string,
): Promise<void> {
  const deletedAt = state === 'deleted' ? new Date() : null;
  const isUser = typename === 'User';
  await addRow(db, typename, {
    id,
    code: `spare-${id}`,
    label: `Spare of ${tenantKey}`,
    deletedAt,
    ...(isUser ? { username: `spare-${tenantKey}-${id}`, passwordHash, roleId } : {}),
  });
  if (isUser) await openSession(db, id);
}

function makeIds(): Ids {
  return Object.fromEntries(nodeTypes.map((type) => [type, randomUUID()])) as Ids;
}

async function seedTenant(fleet: TestFleet, tenantKey: string, sharedIds: Ids): Promise<SeededTenant> {
  const tenant = await fleet.provision(tenantKey, { adminEmail: 'admin@example.com' });
  const { accessToken: token } = await fleet.signIn(tenantKey);
  const password = `${tenantKey}-Password123!`;
  const passwordHash = await quickHash(password);
  const ownIds = makeIds();
  // Rows before and after, so that a page on either side of a cursor has something to show.
  const sets = [
    { ids: makeIds(), name: 'Lee', year: 2023 },
    { ids: sharedIds, name: 'John', year: 2024 },
    { ids: ownIds, name: 'Kim', year: 2025 },
    { ids: makeIds(), name: 'Park', year: 2026 },
  ];
  for (const set of sets) await addRows(tenant, { ...set, passwordHash });
  await tenant.db.permission.updateMany({
    where: { code: 'users:read' },
    data: { description: `See users of ${tenantKey}.` },
  });
  return { ...tenant, token, ownIds, password, passwordHash };
}

/** Adds a user with a session, a row of each other entity, and a record of what the user has done. */
async function addRows(
  tenant: TestTenant,
  { ids, name, year, passwordHash }: { ids: Ids; name: string; year: number; passwordHash: string },
): Promise<void> {
  const { db, tenantKey } = tenant;
  const createdAt = new Date(Date.UTC(year, 0, 1));
  const thing = (id: string) => ({
    id,
    code: name.toLowerCase(),
    name: `${name} of ${tenantKey}`,
    createdAt,
  });
  const permissions = await db.permission.findMany({ select: { id: true } });
  await db.department.create({ data: { ...thing(ids.Department), description: `Works for ${tenantKey}` } });
  await db.department.create({
    data: { code: `${name}-2`, name: `${name} below, ${tenantKey}`, parentId: ids.Department, createdAt },
  });
  await db.branch.create({ data: { ...thing(ids.Branch), address: `1 Street of ${tenantKey}` } });
  await db.role.create({
    data: {
      ...thing(ids.Role),
      rolePermissions: { create: permissions.map(({ id }) => ({ permissionId: id })) },
    },
  });
  await db.user.create({
    data: {
      id: ids.User,
      username: name.toLowerCase(),
      email: `${name.toLowerCase()}@example.com`,
      fullName: `${name} of ${tenantKey}`,
      passwordHash,
      departmentId: ids.Department,
      roleId: ids.Role,
      branchId: ids.Branch,
      createdAt,
    },
  });
  await db.department.update({ where: { id: ids.Department }, data: { headId: ids.User } });
  const others = testedEntities.filter(
    ({ name: type }) => !['User', 'Role', 'Department', 'Branch'].includes(type),
  );
  for (const { name: type, text, label } of others) {
    const { name: called, ...row } = thing(ids[type]);
    const texts = text.field === label ? {} : { [text.field]: `Text of ${tenantKey}` };
    await addRow(db, type, { ...row, label: called, ...texts });
  }
  // Only now, as they may refer to each other. No row refers to itself: another one of its kind does.
  for (const { name: type, references } of others) {
    const own = Object.entries(references).filter(([, to]) => to === type);
    for (const [field] of own) {
      await addRow(db, type, { label: `${name} below, ${tenantKey}`, createdAt, [field]: ids[type] });
    }
    const referring = Object.entries(references).flatMap(([field, to]) =>
      to === type ? [] : [[field, ids[to]]],
    );
    await delegateOf(db, type).update({ where: { id: ids[type] }, data: Object.fromEntries(referring) });
  }
  await db.session.create({ data: { id: ids.User, userId: ids.User, ...sessionOf(tenantKey) } });
  const auditRecord = {
    id: ids.AuditRecord,
    createdAt,
    action: 'user.update',
    entityType: 'User',
    entityId: ids.User,
    userId: ids.User,
    username: `${name} of ${tenantKey}`,
    changes: { position: { before: null, after: `Head of ${tenantKey}` } },
  };
  await atOtherTimes(tenant, () => db.auditRecord.create({ data: auditRecord }));
}

const edgeSchema = z.object({ cursor: z.string(), node: z.object({ uuid: z.string() }) });

/** The cursors of all rows in all lists, by the row's id. */
async function readCursors(fleet: TestFleet, token: string): Promise<ReadonlyMap<string, string>> {
  const select = (name: ListName) => `${name}(first: 100) { edges { cursor node { uuid } } }`;
  const { data, errors } = await fleet.graphql(`{ ${listNames.map(select).join(' ')} }`, { token });
  if (errors.length > 0) throw new Error(`The lists can’t be read: ${errors[0]?.message}`);
  return new Map(
    listNames.flatMap((name) =>
      z
        .array(edgeSchema)
        .parse(data[name].edges)
        .map(({ cursor, node }) => [node.uuid, cursor] as const),
    ),
  );
}

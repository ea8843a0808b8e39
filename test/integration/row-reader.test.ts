import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTenantConnections } from '../../src/db/connections/tenant-connections.ts';
import { compileQuery, type RowsQuery } from '../../src/db/rows/row-reader.ts';
import { type OpenedTenant, openTenantClient } from '../../src/db/tenant-client.ts';
import type { TestDatabase } from '../support/databases.ts';
import { createMarkedDatabase } from '../support/marked-database.ts';

const tenant = { id: 1, tenantKey: 'rows01' };
const noon = new Date('2026-03-01T12:00:00.123Z');

let database: TestDatabase;
let opened: OpenedTenant;

beforeAll(async () => {
  database = await createMarkedDatabase(tenant);
  const connections = createTenantConnections({
    budget: 2,
    timeoutSeconds: 5,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  const target = { tenant, datasourceUrl: database.url };
  opened = await openTenantClient(target, { concurrency: 2, statementTimeoutSeconds: 5 }, connections);
  await fill();
});
afterAll(async () => {
  await opened.client.$disconnect();
  await database.drop();
});

/** People in and out of departments, with texts and moments that are easily spoiled on the way. */
async function fill(): Promise<void> {
  const { client } = opened;
  const top = await client.department.create({ data: { code: 'top', name: '본사 "HQ"' } });
  const below = await client.department.create({
    data: { code: 'below', name: "O'Hara\\n", parentId: top.id },
  });
  const role = await client.role.create({ data: { code: 'clerk', name: 'Clerk', description: '' } });
  const moments = [noon, new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z'), null];
  for (let number = 0; number < 12; number++) {
    await client.user.create({
      data: {
        username: `user${number}`,
        email: `user${number}@example.com`,
        passwordHash: 'x',
        fullName: `İıßé😀 ${number % 3}`,
        phone: number % 2 === 0 ? null : '',
        departmentId: [top.id, below.id, null][number % 3] ?? null,
        roleId: number % 4 === 0 ? role.id : null,
        isActive: number % 5 !== 0,
        lastLoginAt: moments[number % 4] ?? null,
        // Several share a moment, so that the key decides.
        createdAt: new Date(noon.getTime() + Math.floor(number / 4)),
      },
    });
  }
  await client.$executeRaw`UPDATE sys.users SET locked_until = 'infinity' WHERE username = 'user1'`;
  await client.$executeRaw`UPDATE sys.users SET locked_until = '0044-03-15 BC' WHERE username = 'user2'`;
  for (const changes of [[], { before: null }, null]) {
    await client.auditRecord.create({
      data: { action: 'user.update', entityType: 'User', requestId: 'r', ...(changes ? { changes } : {}) },
    });
  }
}

const newest = [{ createdAt: 'desc' }, { id: 'desc' }];
const people = { id: true, username: true, fullName: true, phone: true, isActive: true, lockCount: true };
const places = {
  lastLoginAt: true,
  lockedUntil: true,
  department: {
    select: { name: true, parent: { select: { id: true, name: true, parent: { select: { id: true } } } } },
  },
  role: { select: { id: true, description: true, isSystemRole: true } },
};
const all = { where: {}, orderBy: newest, take: 100 };

const understood: readonly [string, string, RowsQuery][] = [
  ['columns', 'user', { ...all, select: people }],
  ['rows that they refer to, of which some are missing', 'user', { ...all, select: { id: true, ...places } }],
  [
    'what has the same column twice',
    'user',
    { ...all, select: { departmentId: true, department: { select: { id: true } } } },
  ],
  ['JSON', 'auditRecord', { ...all, select: { id: true, action: true, changes: true, createdAt: true } }],
  ['no rows', 'user', { ...all, select: people, take: 0 }],
  ['a few rows', 'user', { ...all, select: people, take: 3 }],
  ['the other order', 'user', { ...all, select: people, orderBy: [{ fullName: 'asc' }, { id: 'asc' }] }],
  [
    'null and values',
    'user',
    { ...all, select: people, where: { deletedAt: null, phone: '', isActive: true } },
  ],
  ['what is not null', 'user', { ...all, select: people, where: { departmentId: { not: null } } }],
  ['undefined, as nothing', 'user', { ...all, select: people, where: { phone: undefined, lockCount: 0 } }],
  ['a bound that some meet', 'user', { ...all, select: people, where: { createdAt: { lte: noon } } }],
  ['what lies beyond a bound', 'user', { ...all, select: people, where: { createdAt: { gt: noon } } }],
  [
    'two bounds',
    'user',
    { ...all, select: people, where: { createdAt: { gte: noon, lt: new Date(noon.getTime() + 2) } } },
  ],
  [
    'any of several texts, whatever is in them',
    'user',
    { ...all, select: people, where: { username: { in: ['user1', 'user2', 'a"b', 'c\\\\', '{d,e}', ''] } } },
  ],
  ['none of no texts', 'user', { ...all, select: people, where: { username: { in: [] } } }],
  [
    'a place in the order',
    'user',
    {
      ...all,
      select: people,
      where: {
        AND: [
          { deletedAt: null },
          {
            AND: [{ createdAt: { lte: new Date(noon.getTime() + 1) } }],
            OR: [
              { createdAt: { lt: new Date(noon.getTime() + 1) } },
              {
                AND: [
                  { createdAt: { equals: noon } },
                  { id: { gt: '00000000-0000-0000-0000-000000000000' } },
                ],
              },
            ],
          },
        ],
      },
    },
  ],
];

const left: readonly [string, string, RowsQuery][] = [
  ['all columns', 'user', all],
  ['an unknown model', 'nothing', { ...all, select: { id: true } }],
  ['a secret', 'user', { ...all, select: { id: true, passwordHash: true } }],
  ['lists', 'user', { ...all, select: { sessions: { select: { id: true } } } }],
  ['counts', 'department', { ...all, select: { _count: { select: { users: true } } } }],
  [
    'a relation with a condition',
    'department',
    { ...all, select: { parent: { select: { id: true }, where: {} } } },
  ],
  ['a column of several values', 'user', { ...all, select: { signInsUnderWay: true } }],
  ['a search', 'user', { ...all, select: people, where: { username: { contains: 'a' } } }],
  ['a condition on a relation', 'user', { ...all, select: people, where: { department: { name: 'x' } } }],
  ['no alternatives', 'user', { ...all, select: people, where: { OR: [] } }],
  ['an empty alternative', 'user', { ...all, select: people, where: { OR: [{}, { phone: '' }] } }],
  [
    'an alternative of nothing',
    'user',
    { ...all, select: people, where: { OR: [{ phone: undefined }, { phone: '' }] } },
  ],
  [
    'names that every object has',
    'user',
    { ...all, select: people, where: { lockCount: { constructor: 0 } } },
  ],
  ['columns that every object has', 'user', { ...all, select: { id: true, toString: true } }],
  ['a negation', 'user', { ...all, select: people, where: { NOT: { lockCount: 0 } } }],
  ['a value of another type', 'user', { ...all, select: people, where: { isActive: 'true' } }],
  ['no moment', 'user', { ...all, select: people, where: { createdAt: new Date(Number.NaN) } }],
  ['rows from the end', 'user', { ...all, select: people, take: -1 }],
  ['an order by a relation', 'user', { ...all, select: people, orderBy: [{ department: { name: 'asc' } }] }],
  [
    'an order with nulls',
    'user',
    { ...all, select: people, orderBy: [{ phone: { sort: 'asc', nulls: 'last' } }] },
  ],
  ['rows left out', 'user', { ...all, select: people, skip: 1 } as RowsQuery],
];

describe('reading rows', () => {
  it.each(understood)('returns what Prisma does, by one statement: %s', async (_title, model, query) => {
    const otherwise = vi.fn(async () => []);
    const rows = await opened.rows.findMany(model, query, otherwise);
    expect(otherwise).not.toHaveBeenCalled();
    const delegate = Reflect.get(opened.client, model);
    expect(rows).toStrictEqual(await delegate.findMany(query));
  });

  it.each(left)('leaves to Prisma what it does not understand: %s', async (_title, model, query) => {
    await expect(opened.rows.findMany(model, query, async (given) => [given])).resolves.toEqual([query]);
  });

  it('has one text for all values, which stand in no statement', () => {
    const textFor = (phone: string, take: number) =>
      compileQuery('user', { ...all, select: people, where: { phone }, take })?.text;
    expect(textFor("'; DROP TABLE sys.users; --", 1)).toBe(textFor('', 100));
    expect(textFor("'; DROP TABLE sys.users; --", 1)).not.toContain('DROP');
  });

  it('finds nobody by a value that would be SQL', async () => {
    const where = { fullName: "x' OR '1'='1" };
    const query = { ...all, select: people, where };
    await expect(opened.rows.findMany('user', query, async () => ['Prisma'])).resolves.toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schema } from '../../src/schema.ts';
import { attendanceCases } from '../entities/attendance-audit-cases.ts';
import { type AuditCase, change, deletion, entityCases, restoration } from '../entities/audit-cases.ts';
import { employeeCases } from '../entities/employee-audit-cases.ts';
import { addRow, testedEntities } from '../entities/entity-table.ts';
import { leaveCases } from '../entities/leave-audit-cases.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { rootFields } from '../support/full-operation.ts';
import { createGraphQLClient, type GraphQLClient } from '../support/graphql-client.ts';
import { isForManagers } from '../support/manager-operations.ts';
import { addAdministrator, addManager, addPerson, addRole, type Person } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
/** The fleet's application as it is asked from an address of the network. */
let fromAddress: GraphQLClient;

const address = '203.0.113.7';

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  fromAddress = createGraphQLClient((request) => fleet.app.fetch(request, address));
});
afterAll(() => fleet.close());

const user = (more: object = {}) => addPerson(fleet, acme, { roleId: null, permissions: [] }, more);
const codeOfRole = async (id: string) => (await acme.db.role.findUniqueOrThrow({ where: { id } })).code;

/** Creates a user who knows a password, and signs them in. */
async function signedInUser() {
  const username = `login-${randomUUID()}`;
  const { data } = await fleet.graphql(
    'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }',
    {
      token: admin.token,
      variables: {
        input: { username, email: `${username}@example.com`, password: testPassword, fullName: 'L' },
      },
    },
  );
  const tokens = await fleet.signIn('acme01', username);
  const { id: sessionId } = await acme.db.session.findFirstOrThrow({
    where: { userId: data.createUser.uuid },
  });
  const id = z.string().parse(data.createUser.uuid);
  return { id, username, sessionId, by: { userId: id, username }, ...tokens };
}

/** Every mutation of the schema, and what it records. */
const cases: Readonly<Record<string, (db: TestTenant['db']) => Promise<AuditCase>>> = {
  createUser: async () => {
    const username = `made-${randomUUID()}`;
    const email = `${username}@example.com`;
    return {
      query: 'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }',
      variables: { input: { username, email, password: testPassword, fullName: 'Made', phone: '010-1' } },
      records: ({ data }) => [
        {
          action: 'user.create',
          entityType: 'User',
          entityId: data.createUser.uuid,
          changes: {
            username: change(null, username),
            email: change(null, email),
            fullName: change(null, 'Made'),
            phone: change(null, '010-1'),
            isActive: change(null, true),
          },
        },
      ],
    };
  },
  updateUser: async () => {
    const { id } = await user({ phone: '010-1', position: 'Clerk' });
    return {
      query:
        'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }',
      variables: { id, input: { phone: null, position: 'Clerk', isActive: false } },
      records: () => [
        {
          action: 'user.update',
          entityType: 'User',
          entityId: id,
          changes: { phone: change('010-1', null), isActive: change(true, false) },
        },
      ],
    };
  },
  deleteUser: async () => {
    const { id } = await user();
    return {
      query: 'mutation ($id: ID!) { deleteUser(userId: $id) { success } }',
      variables: { id },
      records: () => [{ action: 'user.delete', entityType: 'User', entityId: id, changes: deletion }],
    };
  },
  restoreUser: async () => {
    const departmentId = await addRow(acme.db, 'Department', { deletedAt: new Date() });
    const { id } = await user({ deletedAt: new Date(), departmentId });
    return {
      query: 'mutation ($id: ID!) { restoreUser(userId: $id) { uuid } }',
      variables: { id },
      records: () => [
        {
          action: 'user.restore',
          entityType: 'User',
          entityId: id,
          changes: { ...restoration, departmentId: change(departmentId, null) },
        },
      ],
    };
  },
  resetPassword: async () => {
    const { id } = await user();
    return {
      query: 'mutation ($id: ID!) { resetPassword(userId: $id) { temporaryPassword } }',
      variables: { id },
      records: () => [{ action: 'user.reset_password', entityType: 'User', entityId: id }],
    };
  },
  unlockUser: async () => {
    const lockedUntil = new Date(Date.now() + 600_000);
    const { id } = await user({ lockCount: 2, lockedUntil });
    return {
      query: 'mutation ($id: ID!) { unlockUser(userId: $id) { uuid } }',
      variables: { id },
      records: () => [
        {
          action: 'user.unlock',
          entityType: 'User',
          entityId: id,
          changes: { lockedUntil: change(lockedUntil.toISOString(), null), lockCount: change(2, 0) },
        },
      ],
    };
  },
  createRole: async () => ({
    query: 'mutation ($input: RoleCreateInput!) { createRole(input: $input) { uuid code } }',
    variables: {
      input: { code: `r-${randomUUID()}`, name: 'New', permissions: ['users:write', 'users:read'] },
    },
    records: ({ data }) => [
      {
        action: 'role.create',
        entityType: 'Role',
        entityId: data.createRole.uuid,
        changes: {
          code: change(null, data.createRole.code),
          name: change(null, 'New'),
          permissions: change(null, ['users:read', 'users:write']),
        },
      },
    ],
  }),
  updateRole: async () => {
    const id = await addRole(acme, ['users:read']);
    const code = await codeOfRole(id);
    return {
      query:
        'mutation ($id: ID!, $input: RoleUpdateInput!) { updateRole(roleId: $id, input: $input) { uuid } }',
      variables: { id, input: { name: 'After', permissions: ['users:write', 'roles:read'] } },
      records: () => [
        {
          action: 'role.update',
          entityType: 'Role',
          entityId: id,
          changes: {
            name: change(code, 'After'),
            permissions: change(['users:read'], ['roles:read', 'users:write']),
          },
        },
      ],
    };
  },
  deleteRole: async () => {
    const id = await addRole(acme, []);
    return {
      query: 'mutation ($id: ID!) { deleteRole(roleId: $id) { success } }',
      variables: { id },
      records: () => [{ action: 'role.delete', entityType: 'Role', entityId: id, changes: deletion }],
    };
  },
  restoreRole: async () => {
    const id = await addRole(acme, [], { deletedAt: new Date() });
    return {
      query: 'mutation ($id: ID!) { restoreRole(roleId: $id) { uuid } }',
      variables: { id },
      records: () => [{ action: 'role.restore', entityType: 'Role', entityId: id, changes: restoration }],
    };
  },
  ...entityCases,
  ...leaveCases,
  ...attendanceCases,
  ...employeeCases,
  mergeCustomers: async (db) => {
    const [id, intoId] = [await addRow(db, 'Customer'), await addRow(db, 'Customer')];
    const record = (entityId: string) => ({
      action: 'customer.merge',
      entityType: 'Customer',
      entityId,
      changes: expect.any(Object),
    });
    return {
      query:
        'mutation ($id: ID!, $intoId: ID!) { mergeCustomers(customerId: $id, intoId: $intoId) { contactCount } }',
      variables: { id, intoId },
      records: () => [record(id), record(intoId)],
    };
  },
  moveDeal: async (db) => {
    const [from, to] = [await addRow(db, 'Stage'), await addRow(db, 'Stage')];
    const id = await addRow(db, 'Deal', { stageId: from });
    return {
      query: 'mutation ($id: ID!, $to: ID!) { moveDeal(dealId: $id, stageId: $to) { uuid } }',
      variables: { id, to },
      records: () => [
        { action: 'deal.move', entityType: 'Deal', entityId: id, changes: { stageId: change(from, to) } },
      ],
    };
  },
  orderStages: async (db) => {
    const pipelineId = await addRow(db, 'Pipeline');
    const [first, second] = [
      await addRow(db, 'Stage', { pipelineId, position: 0 }),
      await addRow(db, 'Stage', { pipelineId, position: 2 }),
    ];
    return {
      query: 'mutation ($id: ID!, $ids: [ID!]!) { orderStages(pipelineId: $id, stageIds: $ids) { uuid } }',
      variables: { id: pipelineId, ids: [first, second] },
      records: () => [
        {
          action: 'stage.update',
          entityType: 'Stage',
          entityId: second,
          changes: { position: change(2, 1) },
        },
      ],
    };
  },
  login: async () => {
    const { username, by } = await signedInUser();
    return {
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: { tenantKey: 'acme01', username, password: testPassword } },
      token: null,
      by,
      records: () => [{ action: 'session.begin', entityType: 'Session', entityId: expect.any(String) }],
    };
  },
  logout: async () => {
    const { accessToken, sessionId, by } = await signedInUser();
    return {
      query: 'mutation { logout { success } }',
      variables: {},
      token: accessToken,
      by,
      records: () => [{ action: 'session.end', entityType: 'Session', entityId: sessionId }],
    };
  },
  logoutEverywhere: async () => {
    const { id, sessionId } = await signedInUser();
    return {
      query: 'mutation ($id: ID) { logoutEverywhere(userId: $id) { success } }',
      variables: { id },
      records: () => [{ action: 'session.end', entityType: 'Session', entityId: sessionId }],
    };
  },
  revokeSession: async () => {
    const { id, sessionId } = await signedInUser();
    return {
      query:
        'mutation ($session: ID!, $id: ID) { revokeSession(sessionId: $session, userId: $id) { success } }',
      variables: { session: sessionId, id },
      records: () => [{ action: 'session.end', entityType: 'Session', entityId: sessionId }],
    };
  },
  changePassword: async () => {
    const { accessToken, id, by } = await signedInUser();
    return {
      query: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { expiresIn } }',
      variables: { input: { currentPassword: testPassword, newPassword: 'Another-Secret-456!' } },
      token: accessToken,
      by,
      records: () => [
        { action: 'account.change_password', entityType: 'User', entityId: id },
        { action: 'session.begin', entityType: 'Session', entityId: expect.any(String) },
      ],
    };
  },
  // Its record are the refresh tokens: one an hour and user would bury everything else.
  refreshToken: async () => {
    const { refreshToken } = await signedInUser();
    return {
      query: 'mutation ($token: String) { refreshToken(refreshToken: $token) { expiresIn } }',
      variables: { token: refreshToken },
      token: null,
      records: () => [],
    };
  },
};

const changedTables = [
  ...testedEntities.map(({ table }) => table),
  'sys.role_permissions',
  'sys.sessions',
  'sys.password_history',
];

/** Managers' actions are recorded in the central database: see platform.test.ts. */
const mutationNames = [...rootFields(schema)].flatMap(([coordinate, field]) =>
  coordinate.startsWith('Mutation.') && !isForManagers(field) ? [field.name] : [],
);

const records = () => acme.db.auditRecord.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });

/** Runs `work` and returns the records that it has left. */
async function recordsOf<T>(work: () => Promise<T>) {
  const before = new Set((await records()).map(({ id }) => id));
  const result = await work();
  return { result, left: (await records()).filter(({ id }) => !before.has(id)) };
}

const send = ({ query, variables, token }: AuditCase, headers: Readonly<Record<string, string>> = {}) =>
  fromAddress(query, { token: token === undefined ? admin.token : (token ?? undefined), variables, headers });

describe('the audit log', () => {
  it('has a case here for every mutation of a tenant', () => {
    expect(Object.keys(cases).sort()).toEqual(mutationNames.sort());
  });

  it.each(mutationNames)('tells who did what with %s, when, from where, in which request', async (name) => {
    const prepared = await cases[name]?.(acme.db);
    if (!prepared) throw new Error(`No case for ${name}`);
    const requestId = `request-${randomUUID()}`;
    const begin = Date.now();
    const { result, left } = await recordsOf(() => send(prepared, { 'x-request-id': requestId }));
    expect(result.errors).toEqual([]);
    expect(left).toEqual(
      prepared.records(result).map((record) => ({
        changes: {},
        ...record,
        id: expect.any(String),
        createdAt: expect.any(Date),
        ...(prepared.by ?? { userId: admin.id, username: admin.username }),
        managerId: null,
        managerUsername: null,
        requestId,
        address,
      })),
    );
    for (const { createdAt } of left) {
      expect(createdAt.getTime()).toBeGreaterThanOrEqual(begin - 1);
      expect(createdAt.getTime()).toBeLessThanOrEqual(Date.now());
    }
  });

  it.each(mutationNames.filter((name) => name !== 'refreshToken'))(
    'takes the change of %s back when it can’t be written',
    async (name) => {
      const prepared = await cases[name]?.(acme.db);
      if (!prepared) throw new Error(`No case for ${name}`);
      // Counted attempts to sign in and passwords outlive a failed request on purpose.
      const state = async () =>
        JSON.stringify(
          await acme.db.$queryRawUnsafe(
            `${changedTables
              .map((table) => `SELECT to_jsonb(t) - 'failed_login_attempts' FROM ${table} t`)
              .join(' UNION ALL ')} ORDER BY 1`,
          ),
        );
      const before = await state();
      await acme.runAsOwner(
        `CREATE FUNCTION sys.out_of_ink () RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of ink'; END $$;
         CREATE TRIGGER out_of_ink BEFORE INSERT ON sys.audit_log EXECUTE FUNCTION sys.out_of_ink ()`,
      );
      try {
        expect((await send(prepared)).codes).toEqual(['INTERNAL_SERVER_ERROR']);
        expect(await state()).toBe(before);
      } finally {
        await acme.runAsOwner('DROP FUNCTION sys.out_of_ink CASCADE');
      }
    },
  );

  it('names the manager behind a change, and no user', async () => {
    const manager = await addManager(fleet, 'acme01');
    for (const name of ['createBranch', 'updateUser', 'resetPassword', 'logoutEverywhere']) {
      const prepared = await cases[name]?.(acme.db);
      if (!prepared) throw new Error(`No case for ${name}`);
      const { result, left } = await recordsOf(() => send({ ...prepared, token: manager.token }));
      expect(result.errors).toEqual([]);
      expect(left).toMatchObject([
        { userId: null, username: null, managerId: manager.id, managerUsername: manager.username },
      ]);
    }
  });

  it('gets nothing from a change that fails', async () => {
    const { id } = await user();
    const reader = await addPerson(fleet, acme, { permissions: ['users:read'] });
    const { left } = await recordsOf(async () => {
      const attempts = [
        {
          query: 'mutation ($id: ID!) { deleteUser(userId: $id) { success } }',
          variables: { id: randomUUID() },
        },
        { query: 'mutation ($id: ID!) { deleteUser(userId: $id) { success } }', variables: { id: admin.id } },
        {
          query: 'mutation ($id: ID!) { deleteUser(userId: $id) { success } }',
          variables: { id },
          token: reader.token,
        },
        {
          query: 'mutation ($id: ID!) { updateUser(userId: $id, input: { fullName: "" }) { uuid } }',
          variables: { id },
        },
        {
          query: 'mutation ($input: RoleCreateInput!) { createRole(input: $input) { uuid } }',
          variables: { input: { code: 'tenant_admin', name: 'N', permissions: [] } },
        },
      ];
      for (const attempt of attempts) {
        expect((await send({ ...attempt, records: () => [] })).codes).toHaveLength(1);
      }
    });
    expect(left).toEqual([]);
  });

  it('holds no password, no hash and no token', async () => {
    for (const name of ['createUser', 'resetPassword', 'changePassword', 'login']) {
      const prepared = await cases[name]?.(acme.db);
      if (prepared) await send(prepared);
    }
    const text = JSON.stringify(await records());
    expect(text.length).toBeGreaterThan(1_000);
    expect(text).not.toMatch(/argon2|password_?hash|eyJ|token_?hash/i);
    expect(text).not.toContain(testPassword);
    expect(text).not.toContain('Another-Secret-456!');
    const hashes = await acme.db.user.findMany({ select: { passwordHash: true } });
    for (const { passwordHash } of hashes) {
      if (passwordHash !== 'none') expect(text).not.toContain(passwordHash);
    }
  });

  it.each(['UPDATE sys.audit_log SET action = $$x$$', 'DELETE FROM sys.audit_log', 'TRUNCATE sys.audit_log'])(
    'refuses %s to the application and to the owner of the database',
    async (statement) => {
      const before = await records();
      await expect(acme.db.$executeRawUnsafe(statement)).rejects.toThrow(/permission denied/);
      await expect(acme.runAsOwner(statement)).rejects.toThrow(/never changed or removed/);
      expect(await records()).toEqual(before);
    },
  );
});

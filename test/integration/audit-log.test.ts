import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { atOtherTimes } from '../support/audit-times.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

type Variables = Readonly<Record<string, unknown>>;

const address = '203.0.113.7';

describe('auditLog', () => {
  let fleet: TestFleet;
  let beta: TestTenant;
  let reader: Person;
  let peopleReader: Person;
  let writer: Person;
  let manager: Person;

  const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 0, minute));
  const entity = randomUUID();

  beforeAll(async () => {
    fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
    beta = await fleet.provision('beta02');
    reader = await addPerson(fleet, beta, { permissions: ['audit:read'] });
    peopleReader = await addPerson(fleet, beta, { permissions: ['audit:read', 'users:read'] });
    writer = await addPerson(fleet, beta, { roleId: null, permissions: [] });
    manager = await addManager(fleet, 'beta02');
    const actions = ['user.create', 'user.update', 'users_other.update', 'role.update', 'session.begin'];
    // Five share each moment, so that only the id orders them.
    await atOtherTimes(beta, () =>
      beta.db.auditRecord.createMany({
        data: Array.from({ length: 25 }, (_, index) => ({
          createdAt: at(Math.floor(index / 5)),
          action: actions[index % 5] ?? '',
          entityType: index % 5 === 3 ? 'Role' : 'User',
          entityId: index === 7 ? entity : randomUUID(),
          ...(index % 2 === 0
            ? { userId: writer.id, username: writer.username }
            : { managerId: manager.id, managerUsername: manager.username }),
          changes: { fullName: { before: 'A', after: ['B', 1, null] } },
          requestId: `request-${index}`,
          address,
        })),
      }),
    );
  });

  afterAll(() => fleet.close());

  const ask = (args: string, variables: Variables = {}, token = reader.token) =>
    fleet.graphql(
      `query ${args.includes('$cursor') ? '($cursor: String)' : ''} { auditLog(${args}) {
        edges { cursor node { uuid action entityType userId managerId requestId createdAt } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor totalCount }
      } }`,
      { token, variables },
    );

  const edgesSchema = z.array(
    z.object({
      node: z.looseObject({
        uuid: z.string(),
        action: z.string().nullable(),
        requestId: z.string().nullable(),
      }),
    }),
  );
  const nodes = async (args: string, variables?: Variables) => {
    const { data, errors } = await ask(args, variables);
    expect(errors).toEqual([]);
    return edgesSchema.parse(data.auditLog.edges).map(({ node }) => node);
  };
  const requests = async (args: string) =>
    (await nodes(`${args}, first: 100`))
      .map(({ requestId }) => Number(requestId?.replace('request-', '')))
      .sort((a, b) => a - b);
  const all = Array.from({ length: 25 }, (_, index) => index);

  it.each([
    ['actions: [USER_UPDATE]', (index: number) => index % 5 === 1],
    ['actions: USER_UPDATE', (index: number) => index % 5 === 1],
    ['actions: [USER_UPDATE, USER_CREATE, USER_UPDATE]', (index: number) => index % 5 < 2],
    ['actions: [USER_DELETE]', () => false],
    ['actions: []', () => false],
    ['entityType: ROLE', (index: number) => index % 5 === 3],
    [`entityId: "${entity}"`, (index: number) => index === 7],
    ['byManagers: true', (index: number) => index % 2 === 1],
    ['byManagers: false', (index: number) => index % 2 === 0],
    ['byManagers: null, actions: null, entityType: null, from: null', () => true],
    ['from: "2026-06-01T00:02:00Z"', (index: number) => index >= 10],
    ['to: "2026-06-01T00:02:00Z"', (index: number) => index < 10],
    ['from: "2026-06-01T00:01:00Z", to: "2026-06-01T00:02:00Z"', (index: number) => index >= 5 && index < 10],
    ['from: "2026-06-01T00:01:00Z", to: "2026-06-01T00:01:00Z"', () => false],
    [
      'actions: [USER_CREATE, USER_UPDATE], byManagers: true, from: "2026-06-01T00:02:00Z"',
      (index: number) => index % 5 < 2 && index % 2 === 1 && index >= 10,
    ],
  ])('shows with %s those it asks for', async (args, isShown) => {
    expect(await requests(args)).toEqual(all.filter(isShown));
  });

  it('shows what a user has done, by either form of their id', async () => {
    for (const id of [writer.id, encodeGlobalId('User', writer.id)]) {
      expect(await requests(`userId: "${id}"`)).toEqual(all.filter((index) => index % 2 === 0));
    }
    expect(await requests(`userId: "${randomUUID()}"`)).toEqual([]);
  });

  it.each([
    ['userId: "nobody"', 'userId'],
    ['from: "2026-06-02T00:00:00Z", to: "2026-06-01T00:00:00Z"', 'to'],
    ['first: 101', 'first'],
    ['after: "garbage"', 'after'],
  ])('refuses %s and names the argument', async (args, argument) => {
    const { data, errors } = await ask(args);
    expect(data).toEqual({ auditLog: null });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: [argument] }],
    });
  });

  it.each(['ASC', 'DESC'] as const)('is paged through %s, each record once, both ways', async (direction) => {
    const order = direction === 'ASC' ? ('asc' as const) : ('desc' as const);
    const expected = await beta.db.auditRecord.findMany({
      orderBy: [{ createdAt: order }, { id: order }],
      select: { id: true },
    });
    for (const [size, argument, edge, more] of [
      ['first', 'after', 'endCursor', 'hasNextPage'],
      ['last', 'before', 'startCursor', 'hasPreviousPage'],
    ] as const) {
      const seen: string[] = [];
      for (let cursor: string | null = null; ; ) {
        const { data } = await ask(
          `orderBy: { field: CREATED_AT, direction: ${direction} }, ${size}: 4, ${argument}: $cursor`,
          { cursor },
        );
        const ids = edgesSchema.parse(data.auditLog.edges).map(({ node }) => node.uuid);
        if (size === 'first') seen.push(...ids);
        else seen.unshift(...ids);
        cursor = data.auditLog.pageInfo[edge];
        expect(data.auditLog.pageInfo.totalCount).toBe(25);
        if (!data.auditLog.pageInfo[more]) break;
      }
      expect(seen).toEqual(expected.map(({ id }) => id));
    }
  });

  it('refuses a cursor of another tenant', async () => {
    const acme = await fleet.provision('acme01');
    await acme.db.auditRecord.create({ data: { action: 'user.update', entityType: 'User' } });
    const { token } = await addAdministrator(fleet, acme);
    const { data } = await fleet.graphql('{ auditLog(first: 1) { pageInfo { endCursor } } }', { token });
    expect((await ask('after: $cursor', { cursor: data.auditLog.pageInfo.endCursor })).codes).toEqual([
      'VALIDATION_FAILED',
    ]);
  });

  it('shows a record whole, as one of a list and as a node', async () => {
    const fields = `__typename id uuid createdAt action entityType entityId userId username managerId managerUsername
      changes { field before after redacted } requestId address`;
    const { data, errors } = await fleet.graphql(
      `{ auditLog(entityId: "${entity}") { edges { node { ${fields} } } } }`,
      { token: peopleReader.token },
    );
    expect(errors).toEqual([]);
    const record = data.auditLog.edges[0].node;
    expect(record).toMatchObject({
      __typename: 'AuditRecord',
      id: encodeGlobalId('AuditRecord', record.uuid),
      entityId: encodeGlobalId('User', entity),
      managerId: encodeGlobalId('Manager', manager.id),
      managerUsername: manager.username,
      userId: null,
      username: null,
      changes: [{ field: 'fullName', before: 'A', after: ['B', 1, null], redacted: false }],
      requestId: 'request-7',
      address,
    });
    const node = await fleet.graphql(`{ node(id: "${record.id}") { ... on AuditRecord { ${fields} } } }`, {
      token: peopleReader.token,
    });
    expect(node.data.node).toEqual(record);
  });

  it('shows a record of another version, without what this one has no name for', async () => {
    const { id } = await beta.db.auditRecord.create({
      data: { action: 'robot.oil', entityType: 'Robot', entityId: entity, changes: {} },
    });
    const fields = 'action entityType entityId uuid';
    const { data, errors } = await fleet.graphql(
      `{ auditLog(first: 1) { edges { node { ${fields} } } }
         node(id: "${encodeGlobalId('AuditRecord', id)}") { ... on AuditRecord { ${fields} } } }`,
      { token: reader.token },
    );
    expect(errors).toEqual([]);
    expect(data.node).toEqual({
      action: null,
      entityType: null,
      entityId: encodeGlobalId('Robot', entity),
      uuid: id,
    });
    expect(data.auditLog.edges).toEqual([{ node: data.node }]);
    await removeRecord(id);
  });

  /** Removes a record, which only the owner can, and not without switching the guard off. */
  async function removeRecord(id: string): Promise<void> {
    await beta.runAsOwner('ALTER TABLE sys.audit_log DISABLE TRIGGER USER');
    await beta.runAsOwner(`DELETE FROM sys.audit_log WHERE id = '${id}'`);
    await beta.runAsOwner('ALTER TABLE sys.audit_log ENABLE TRIGGER USER');
  }

  describe('what a change held', () => {
    const held = { before: 'secret-before', after: 'secret-after' };
    const seen = { ...held, redacted: false };
    const kept = { before: null, after: null, redacted: true };
    const types = {
      User: 'users:read',
      Session: 'users:read',
      Role: 'roles:read',
      Department: 'departments:read',
      Branch: 'branches:read',
    } as const;

    /** Writes a record of an entity, and reads its changes back, both from the list and as a node. */
    async function changesFor(entityType: string, token: string, field = 'email') {
      const { id } = await beta.db.auditRecord.create({
        data: {
          createdAt: at(60),
          action: 'thing.update',
          entityType,
          entityId: randomUUID(),
          changes: { [field]: held },
        },
      });
      const node = '... on AuditRecord { changes { field before after redacted } }';
      const { data, errors } = await fleet.graphql(
        `{ node(id: "${encodeGlobalId('AuditRecord', id)}") { ${node} } auditLog(first: 1) { edges { node { ${node} } } } }`,
        { token },
      );
      expect(errors).toEqual([]);
      await removeRecord(id);
      expect(data.auditLog.edges[0].node.changes).toEqual(data.node.changes);
      return data.node.changes;
    }

    it.each(Object.entries(types))(
      'of a %s is shown to who holds %s, and to nobody else',
      async (type, code) => {
        const others = permissionCatalogue.map((entry) => entry.code).filter((other) => other !== code);
        const [with_, without] = await Promise.all([
          addPerson(fleet, beta, { permissions: ['audit:read', code] }),
          addPerson(fleet, beta, { permissions: others }),
        ]);
        expect(await changesFor(type, with_.token)).toEqual([{ field: 'email', ...seen }]);
        expect(await changesFor(type, without.token)).toEqual([{ field: 'email', ...kept }]);
        expect(await changesFor(type, reader.token)).toEqual([{ field: 'email', ...kept }]);
        expect(await changesFor(type, manager.token)).toEqual([{ field: 'email', ...seen }]);
      },
    );

    it('names users only to who may read users, also where a department was changed', async () => {
      const clerk = await addPerson(fleet, beta, { permissions: ['audit:read', 'departments:read'] });
      expect(await changesFor('Department', clerk.token, 'movedUsers')).toEqual([
        { field: 'movedUsers', ...kept },
      ]);
      expect(await changesFor('Department', clerk.token, 'movedDepartments')).toEqual([
        { field: 'movedDepartments', ...seen },
      ]);
    });

    it('names rows that a row refers to only to who may read all of their kind', async () => {
      const both = { 'audit:read': 'ALL', 'deals:read': 'ALL' } as const;
      const [all, own, none] = await Promise.all([
        addScopedPerson(fleet, beta, { ...both, 'customers:read': 'ALL', 'users:read': 'ALL' }),
        addScopedPerson(fleet, beta, { ...both, 'customers:read': 'OWN' }),
        addScopedPerson(fleet, beta, both),
      ]);
      for (const [type, field] of [
        ['Deal', 'customerId'],
        ['Deal', 'ownerId'],
      ] as const) {
        expect(await changesFor(type, all.token, field)).toEqual([{ field, ...seen }]);
        for (const { token } of [own, none])
          expect(await changesFor(type, token, field)).toEqual([{ field, ...kept }]);
      }
      const merged = await addScopedPerson(fleet, beta, { 'audit:read': 'ALL', 'customers:read': 'ALL' });
      expect(await changesFor('Customer', merged.token, 'mergedIntoId')).toEqual([
        { field: 'mergedIntoId', ...seen },
      ]);
    });

    it.each(['Unicorn', 'constructor', '__proto__'])(
      'of a %s, which is no type of ours, is kept',
      async (type) => {
        const everything = await addAdministrator(fleet, beta);
        expect(await changesFor(type, everything.token)).toEqual([{ field: 'email', ...kept }]);
      },
    );

    it('of the tenant is shown to every reader: why a manager has entered, for one', async () => {
      expect(await changesFor('Tenant', reader.token, 'reason')).toEqual([{ field: 'reason', ...seen }]);
    });
  });

  it('is for who may read it, whatever else they may do', async () => {
    const others = permissionCatalogue.map(({ code }) => code).filter((code) => code !== 'audit:read');
    const { token } = await addPerson(fleet, beta, { permissions: others });
    const { data, codes, errors } = await ask('first: 1', {}, token);
    expect({ data, codes }).toEqual({ data: { auditLog: null }, codes: ['FORBIDDEN'] });
    expect(errors[0]?.message).toContain('audit:read');
    const counted = await fleet.graphql('{ auditLog { pageInfo { totalCount } } }', { token });
    expect(counted).toMatchObject({ data: { auditLog: null }, codes: ['FORBIDDEN'] });
    const { id } = await beta.db.auditRecord.findFirstOrThrow();
    const node = await fleet.graphql(`{ node(id: "${encodeGlobalId('AuditRecord', id)}") { id } }`, {
      token,
    });
    expect(node).toMatchObject({ data: { node: null }, codes: ['FORBIDDEN'] });
    expect((await ask('first: 1', {}, manager.token)).codes).toEqual([]);
  });
});

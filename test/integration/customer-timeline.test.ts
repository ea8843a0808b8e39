import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noReach } from '../../src/auth/viewer.ts';
import { Prisma } from '../../src/generated/tenant/client.ts';
import { entriesStatement } from '../../src/modules/customers/timeline.service.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let globex: TestTenant;
let admin: Person;
let customerId: string;

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));

/** A customer of the same id in both tenants, with a contact, a deal with a step, two activities and changes. */
async function addCustomer({ db }: TestTenant, id: string, name: string): Promise<void> {
  const pipeline = await db.pipeline.create({ data: { code: `P-${id}`, name: 'P' } });
  const stage = await db.stage.create({
    data: { code: 'S', name: 'Offer', pipelineId: pipeline.id, probability: 10 },
  });
  await db.customer.create({ data: { id, code: `C-${id}`, name } });
  const contact = await db.contact.create({ data: { name: 'Kim', customerId: id } });
  const deal = await db.deal.create({ data: { title: name, customerId: id, stageId: stage.id } });
  await db.dealMove.create({ data: { dealId: deal.id, toStageId: stage.id, movedAt: at(3) } });
  await db.activity.createMany({
    data: [
      { kind: 'CALL', subject: `${name} call`, customerId: id, createdAt: at(1), doneAt: at(6) },
      { kind: 'NOTE', subject: `${name} note`, customerId: id, createdAt: at(3) },
      { kind: 'NOTE', subject: 'deleted', customerId: id, createdAt: at(5), deletedAt: at(5) },
    ],
  });
  const record = (entityType: string, entityId: string, minute: number) => ({
    action: `${entityType.toLowerCase()}.update`,
    entityType,
    entityId,
    createdAt: at(minute),
  });
  await db.auditRecord.createMany({
    data: [
      record('Customer', id, 2),
      record('Contact', contact.id, 3),
      record('Deal', deal.id, 4),
      record('Customer', randomUUID(), 4),
    ],
  });
}

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, globex] = [await fleet.provision('acme01'), await fleet.provision('globex')];
  admin = await addAdministrator(fleet, acme);
  customerId = randomUUID();
  await addCustomer(acme, customerId, 'Acme’s');
  await addCustomer(globex, customerId, 'Globex’s');
});
afterAll(() => fleet.close());

const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  customer(customerId: $id) {
    timeline(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges { cursor at node {
        __typename
        ... on Activity { subject kind }
        ... on DealMove { toStage { name } deal { title } movedBy { id } durationSeconds reason }
        ... on AuditRecord { action changes { field } }
      } }
      pageInfo { hasNextPage hasPreviousPage }
    }
  }
}`;

async function read(variables: object = {}, { token }: Person = admin) {
  const { data, errors } = await fleet.graphql(query, { token, variables: { id: customerId, ...variables } });
  expect(errors).toEqual([]);
  return data.customer.timeline;
}

interface Edge {
  readonly cursor: string;
  readonly at: string;
  readonly node: { readonly __typename: string; readonly subject?: string; readonly action?: string };
}

const say = ({ at: moment, node }: Edge) =>
  `${new Date(moment).getUTCMinutes()} ${node.__typename} ${node.subject ?? node.action ?? ''}`.trim();

const whole = [
  '6 Activity Acme’s call',
  '4 AuditRecord deal.update',
  '3 DealMove',
  '3 AuditRecord contact.update',
  '3 Activity Acme’s note',
  '2 AuditRecord customer.update',
];

describe('a customer’s timeline', () => {
  it('has activities, steps of deals and changes of this tenant’s customer, newest first', async () => {
    const { edges, totalCount } = await read();
    expect(edges.map(say)).toEqual(whole);
    expect(totalCount).toBe(whole.length);
    expect(edges[2].node).toMatchObject({ toStage: { name: 'Offer' }, deal: { title: 'Acme’s' } });
    const elsewhere = await read({}, await addManager(fleet, 'globex'));
    expect(elsewhere.edges.map(say)).toEqual(whole.map((entry) => entry.replace('Acme', 'Globex')));
  });

  it('is whole page by page, in both directions, where entries are of the same moment', async () => {
    const forwards: string[] = [];
    let after: string | null = null;
    do {
      const { edges, pageInfo } = await read({ first: 1, after });
      forwards.push(...edges.map(say));
      after = pageInfo.hasNextPage ? edges.at(-1).cursor : null;
    } while (after !== null);
    expect(forwards).toEqual(whole);

    const backwards: string[] = [];
    let before: string | null = null;
    do {
      const { edges, pageInfo } = await read({ last: 2, before });
      backwards.unshift(...edges.map(say));
      before = pageInfo.hasPreviousPage ? edges[0].cursor : null;
    } while (before !== null);
    expect(backwards).toEqual(whole);
  });

  it('refuses the cursors of another customer’s', async () => {
    const { edges } = await read({ first: 1 });
    const other = await acme.db.customer.create({ data: { code: randomUUID(), name: 'Other' } });
    const { codes } = await fleet.graphql(query, {
      token: admin.token,
      variables: { id: other.id, after: edges[0].cursor },
    });
    expect(codes).toEqual(['VALIDATION_FAILED']);
  });

  it.each([
    ['activities', { 'activities:read': 'ALL' }, ['Activity', 'Activity']],
    ['steps of deals', { 'deals:read': 'ALL' }, ['DealMove']],
    ['no changes without the permission to read what was changed', { 'audit:read': 'ALL' }, ['AuditRecord']],
    ['nobody’s rows for who reads only their own', { 'activities:read': 'OWN', 'deals:read': 'OWN' }, []],
    [
      'changes of what one may read',
      { 'audit:read': 'ALL', 'deals:read': 'OWN', 'contacts:read': 'ALL' },
      ['AuditRecord', 'AuditRecord'],
    ],
  ] as const)('has for each permission its part: %s', async (_about, permissions, types) => {
    const viewer = await addScopedPerson(fleet, acme, { 'customers:read': 'ALL', ...permissions });
    const { edges, totalCount } = await read({}, viewer);
    expect(edges.map(({ node }: Edge) => node.__typename)).toEqual(types);
    expect(totalCount).toBe(types.length);
  });

  it('takes a statement for the places and one for each kind', async () => {
    const simple = `query ($id: ID!) { customer(customerId: $id) { timeline { edges { node {
      ... on Activity { subject } ... on DealMove { reason } ... on AuditRecord { action } } } } } }`;
    const ask = () => fleet.graphql(simple, { token: admin.token, variables: { id: customerId } });
    await acme.db.customer.update({ where: { id: customerId }, data: { industry: randomUUID() } });
    const statements = await recordStatements(ask);
    expect(statements.filter((text) => /"crm"|"sys"\."audit_log"/.test(text)).length).toBe(5);
  });

  it('reads no table of 10,000 rows from end to end', async () => {
    const { db } = acme;
    await acme.runAsOwner(`
      INSERT INTO crm.customers (id, code, name) SELECT gen_random_uuid(), 'X-' || n, 'X' FROM generate_series(1, 1000) n;
      INSERT INTO crm.contacts (id, name, customer_id) SELECT gen_random_uuid(), 'X', id FROM crm.customers, generate_series(1, 10) n;
      INSERT INTO crm.deals (id, title, customer_id, stage_id) SELECT gen_random_uuid(), 'X', c.id, (SELECT id FROM crm.stages LIMIT 1) FROM crm.customers c, generate_series(1, 10) n;
      INSERT INTO crm.deal_moves (id, deal_id, to_stage_id) SELECT gen_random_uuid(), id, stage_id FROM crm.deals;
      INSERT INTO crm.activities (id, kind, subject, customer_id) SELECT gen_random_uuid(), 'CALL', 'X', id FROM crm.customers, generate_series(1, 10) n;
      INSERT INTO sys.audit_log (id, action, entity_type, entity_id) SELECT gen_random_uuid(), 'deal.update', 'Deal', id FROM crm.deals;
      ANALYZE crm.customers, crm.contacts, crm.deals, crm.deal_moves, crm.activities, sys.audit_log`);
    const viewer = {
      userId: randomUUID(),
      username: 'm',
      sessionId: randomUUID(),
      role: 'manager',
      tenantKey: 'acme01',
      permissions: new Set<string>(),
      reach: noReach,
    } as const;
    const beyond = [{ at: new Date(), kind: 'DealMove', id: randomUUID(), direction: 'desc' }] as const;
    const statement = entriesStatement(viewer, customerId, { beyond, direction: 'desc', take: 21 });
    const plan = await db.$queryRaw(Prisma.sql`EXPLAIN (FORMAT JSON) ${statement}`);
    const text = JSON.stringify(plan);
    expect(text).toContain('activities_live_timeline_idx');
    expect(text).toContain('deal_moves_deal_id_moved_at_id_idx');
    expect(text).toContain('audit_log_entity_type_entity_id_created_at_id_idx');
    expect(text).not.toContain('Seq Scan');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { addManager } from '../support/people.ts';

let fleet: TestFleet;
let admin: string;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  await fleet.provision('acme01');
  admin = (await fleet.signIn('acme01')).accessToken;
  manager = (await addManager(fleet, null)).token;
});
afterAll(() => fleet.close());

const korean = { 'accept-language': 'ko' };

describe('a value outside of an enum is refused, and its place named', () => {
  it.each([
    ['as a name', '{ tenants(plan: GOLD) { totalCount } }', ['plan'], 'TenantPlan'],
    ['as text', '{ tenants(plan: "pro") { totalCount } }', ['plan'], 'TenantPlan'],
    ['as a number', '{ tenants(status: 1) { totalCount } }', ['status'], 'TenantStatus'],
    [
      'in an input object',
      'mutation { updateTenant(tenantKey: "acme01", input: { plan: GOLD }) { plan } }',
      ['input', 'plan'],
      'TenantPlan',
    ],
    ['in a list', '{ auditLog(actions: [USER_EAT]) { totalCount } }', ['actions', 0], 'AuditAction'],
    [
      'as the text that it used to be',
      '{ auditLog(entityType: "User") { totalCount } }',
      ['entityType'],
      'AuditEntityType',
    ],
    [
      'as the pattern that it used to be',
      '{ managerAuditLog(actions: "tenant.*") { totalCount } }',
      ['actions'],
      'ManagerAuditAction',
    ],
    [
      'in an order',
      '{ users(orderBy: { field: SHOE_SIZE }) { totalCount } }',
      ['orderBy', 'field'],
      'UserOrderField',
    ],
  ])('%s', async (_form, query, path, type) => {
    const english = await fleet.graphql(query, { token: manager });
    expect(english.codes).toEqual(['VALIDATION_FAILED']);
    expect(english.errors[0]?.extensions.fields).toEqual([
      { path, message: `Not a valid ${type}.`, reason: 'INVALID_VALUE' },
    ]);
    const { errors } = await fleet.graphql(query, { token: manager, headers: korean });
    expect(errors[0]?.extensions.fields).toEqual([
      { path, message: `${type}에 없는 값입니다.`, reason: 'INVALID_VALUE' },
    ]);
  });

  it.each([
    ['a variable', 'query ($x: TenantPlan) { tenants(plan: $x) { totalCount } }', 'GOLD', ['plan']],
    [
      'a variable of another kind',
      'query ($x: TenantPlan) { tenants(plan: $x) { totalCount } }',
      1,
      ['plan'],
    ],
    [
      'part of a variable',
      'query ($x: UserOrder) { users(orderBy: $x) { totalCount } }',
      { field: 'EMAIL', direction: 'UP' },
      ['orderBy', 'direction'],
    ],
  ])('in %s', async (_place, query, x, path) => {
    const { codes, errors } = await fleet.graphql(query, {
      token: manager,
      variables: { x },
      headers: korean,
    });
    expect(codes).toEqual(['VALIDATION_FAILED']);
    expect(errors[0]?.extensions.fields).toEqual([
      {
        path,
        message: expect.stringMatching(/^(TenantPlan|OrderDirection)에 없는 값입니다\.$/),
        reason: 'INVALID_VALUE',
      },
    ]);
  });

  it('and a fault of the document beside it stays one', async () => {
    const { codes } = await fleet.graphql('{ users(orderBy: { field: EMAIL }) { nothing } }', {
      token: admin,
    });
    expect(codes).toEqual(['QUERY_INVALID']);
  });
});

it('a plan is shown by its name, and stored as before', async () => {
  const { data } = await fleet.graphql(
    'mutation { updateTenant(tenantKey: "acme01", input: { plan: ENTERPRISE }) { plan } }',
    { token: manager },
  );
  expect(data.updateTenant).toEqual({ plan: 'ENTERPRISE' });
  expect((await fleet.tools.central.tenant.findFirstOrThrow()).plan).toBe('enterprise');
});

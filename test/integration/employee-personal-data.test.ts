import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { readServerConfiguration } from '../../src/config/environment.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { reencryptCredentials } from '../../src/tenancy/reencryption/reencrypt-credentials.ts';
import { credentialsKeyId } from '../../src/tenancy/secrets/credentials-envelope.ts';
import { createTenantSecrets } from '../../src/tenancy/secrets/tenant-secrets.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, type Person } from '../support/people.ts';
import { addScopedPerson, type ScopedPermissions } from '../support/scoped-roles.ts';
import { recordStatements } from '../support/statements.ts';
import { startVaultServer } from '../support/vault-server.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const personal = {
  birthDate: '1990-01-31',
  personalPhone: '010-1234-5678',
  homeAddress: '서울특별시 강남구 테헤란로 152, 1203호',
  bankAccount: '국민은행 123456-01-234567',
  residentNumber: '900131-1234567',
};
const masked = {
  birthDate: '1990-**-**',
  personalPhone: '010-****-5678',
  homeAddress: '서울특별시 강남구 ***',
  bankAccount: '국민은행 ******-**-**4567',
  residentNumber: '90****-*******',
};
const fields = Object.keys(personal).join(' ');
const page = `query ($search: String) {
  employees(first: 100, search: $search) { edges { node { uuid personal { isMasked ${fields} } } } }
}`;

/** Adds an employee past the application, without personal data. @returns their id. */
async function addEmployee(
  userId: string | null = null,
  { db } = acme,
  name = randomUUID(),
): Promise<string> {
  const { id } = await db.employee.create({
    data: { number: randomUUID(), name, userId, hiredOn: new Date('2020-01-01') },
    select: { id: true },
  });
  return id;
}

const update = (id: string, input: object, { token } = admin, graphql = fleet.graphql) =>
  graphql(
    `mutation ($id: ID!, $input: EmployeeUpdateInput!) {
      updateEmployee(employeeId: $id, input: $input) { uuid updatedAt }
    }`,
    { token, variables: { id, input } },
  );

/** Adds an employee who has personal data. @returns their id. */
async function addKnown(userId: string | null = null, name = randomUUID()): Promise<string> {
  const id = await addEmployee(userId, acme, name);
  expect((await update(id, personal)).errors).toEqual([]);
  return id;
}

/** Asks for an employee's personal data. */
async function read(
  id: string,
  { token }: Person,
  selection = `isMasked ${fields}`,
  graphql = fleet.graphql,
) {
  const answer = await graphql(
    `query ($id: ID!) { employee(employeeId: $id) { personal { ${selection} } } }`,
    {
      token,
      variables: { id },
    },
  );
  return { ...answer, personal: answer.data?.employee?.personal };
}

const addReader = (permissions: ScopedPermissions, more: object = {}) =>
  addScopedPerson(fleet, acme, permissions, more);

const readingsOf = async (id: string, { db } = acme) =>
  db.auditRecord.findMany({
    where: { entityId: id, action: 'employee.read_sensitive' },
    orderBy: { createdAt: 'asc' },
    select: { changes: true, userId: true, managerId: true, requestId: true },
  });

const rowsSchema = z.array(z.record(z.string(), z.string().nullable()));
const storedIn = async ({ db }: TestTenant, id: string) =>
  rowsSchema.parse(
    await db.$queryRaw`
      SELECT birth_date_sealed, personal_phone_sealed, home_address_sealed, bank_account_sealed, resident_number_sealed
      FROM hrm.employees WHERE id = ${id}::uuid`,
  )[0] ?? {};

describe('personal data', () => {
  it('is answered as it was written, and nowhere in the table, the audit log or the log', async () => {
    const id = await addKnown();
    expect((await read(id, admin)).personal).toEqual({ isMasked: false, ...personal });
    const stored = await storedIn(acme, id);
    expect(Object.values(stored)).toHaveLength(5);
    for (const text of Object.values(stored)) expect(text).toMatch(/^s1\.[0-9a-f]{8}\.[\w-]+$/);
    const records = await acme.db.auditRecord.findMany({ where: { entityId: id } });
    const change = records.find(({ action }) => action === 'employee.update');
    expect(change?.changes).toEqual(
      Object.fromEntries(Object.keys(personal).map((name) => [name, { before: null, after: '***' }])),
    );
    for (const value of Object.values(personal)) {
      expect(JSON.stringify([stored, records, fleet.log])).not.toContain(value);
    }
  });

  it('is written with a new employee, too', async () => {
    const input = { number: randomUUID(), name: 'New', hiredOn: '2020-01-01', ...personal };
    const { data, errors } = await fleet.graphql(
      `mutation ($input: EmployeeCreateInput!) {
        createEmployee(input: $input) { uuid personal { isMasked ${fields} } }
      }`,
      { token: admin.token, variables: { input } },
    );
    expect(errors).toEqual([]);
    expect(data.createEmployee.personal).toEqual({ isMasked: false, ...personal });
    expect((await read(data.createEmployee.uuid, admin)).personal).toMatchObject(personal);
  });

  it('stays as it is where a change has none, is cleared by null, and its records say only what changed', async () => {
    const id = await addKnown();
    const before = await storedIn(acme, id);
    expect((await update(id, { bankAccount: null, birthDate: personal.birthDate })).errors).toEqual([]);
    expect((await read(id, admin)).personal).toEqual({ isMasked: false, ...personal, bankAccount: null });
    expect(await storedIn(acme, id)).toEqual({ ...before, bank_account_sealed: null });
    const last = await acme.db.auditRecord.findFirst({
      where: { entityId: id, action: 'employee.update' },
      orderBy: { createdAt: 'desc' },
    });
    expect(last?.changes).toEqual({ bankAccount: { before: '***', after: null } });
  });

  it.each([
    [{ residentNumber: '9001311234567' }, { residentNumber: '900131-1234567' }],
    [{ residentNumber: '０００２２９－３０００００１' }, { residentNumber: '000229-3000001' }],
    [{ bankAccount: 'Kookmin Bank 123456-01-234567' }, { bankAccount: 'Kookmin Bank 123456-01-234567' }],
  ])('%j is taken', async (input, stored) => {
    const id = await addEmployee();
    expect((await update(id, input)).errors).toEqual([]);
    expect((await read(id, admin)).personal).toMatchObject(stored);
  });

  it.each([
    { residentNumber: '900230-1234567' },
    { residentNumber: '000229-1000001' },
    { residentNumber: '900131-9234567' },
    { residentNumber: '900131-123456' },
    { residentNumber: masked.residentNumber },
    { bankAccount: '123456-01-234567' },
    { bankAccount: '국민은행 12a456' },
    { bankAccount: masked.bankAccount },
    { birthDate: '1899-12-31' },
    { birthDate: '9999-12-31' },
    { personalPhone: masked.personalPhone },
    { homeAddress: masked.homeAddress },
  ])('%j is refused at its field', async (input) => {
    const { errors } = await update(await addEmployee(), input);
    const [name = ''] = Object.keys(input);
    expect(errors).toMatchObject([
      { extensions: { code: 'VALIDATION_FAILED', fields: [{ path: ['input', name] }] } },
    ]);
  });

  it('needs employees:write and employees:sensitive to be written, also by the person whom it is about', async () => {
    const writer = await addReader({ 'employees:read': 'ALL', 'employees:write': 'ALL' });
    const reader = await addReader({ 'employees:read': 'ALL', 'employees:sensitive': 'ALL' });
    const id = await addEmployee(writer.id);
    expect((await update(id, { personalPhone: '010-1' }, writer)).codes).toEqual(['FORBIDDEN']);
    expect((await update(id, { personalPhone: null }, writer)).codes).toEqual(['FORBIDDEN']);
    expect((await update(id, { personalPhone: '010-1' }, reader)).codes).toEqual(['FORBIDDEN']);
    expect((await update(id, { name: 'Still' }, writer)).errors).toEqual([]);
    expect((await storedIn(acme, id)).personal_phone_sealed).toBeNull();
  });

  it('is written only within the scope of employees:sensitive', async () => {
    const own = { 'employees:read': 'ALL', 'employees:write': 'ALL', 'employees:sensitive': 'OWN' } as const;
    const writer = await addReader(own);
    expect((await update(await addEmployee(), personal, writer)).codes).toEqual(['FORBIDDEN']);
    expect((await update(await addEmployee(writer.id), personal, writer)).errors).toEqual([]);
  });

  it('is given to no account by whoever may not read it, in a change or by restoring the employee', async () => {
    const clerk = await addReader({
      'employees:read': 'ALL',
      'employees:write': 'ALL',
      'employees:delete': 'ALL',
      'employees:sensitive': 'OWN',
    });
    const id = await addKnown((await addReader({})).id);
    expect((await update(id, { userId: clerk.id }, clerk)).codes).toEqual(['FORBIDDEN']);
    expect((await update(id, { userId: null }, clerk)).errors).toEqual([]);
    expect((await update(id, { userId: clerk.id }, clerk)).codes).toEqual(['FORBIDDEN']);
    expect((await read(id, clerk)).personal).toMatchObject({ isMasked: true });
    const restored = await addKnown((await addReader({})).id);
    await acme.db.employee.update({ where: { id: restored }, data: { deletedAt: new Date() } });
    const restore = ({ token }: Person) =>
      fleet.graphql('mutation ($id: ID!) { restoreEmployee(employeeId: $id) { uuid } }', {
        token,
        variables: { id: restored },
      });
    expect((await restore(clerk)).codes).toEqual(['FORBIDDEN']);
    expect((await restore(admin)).errors).toEqual([]);
    expect((await update(await addEmployee(), { userId: clerk.id }, clerk)).errors).toEqual([]);
  });
});

describe('who reads personal data', () => {
  it('without employees:sensitive gets it masked, and leaves no record', async () => {
    const id = await addKnown();
    const reader = await addReader({ 'employees:read': 'ALL' });
    expect((await read(id, reader)).personal).toEqual({ isMasked: true, ...masked });
    expect(await readingsOf(id)).toEqual([]);
  });

  it('with employees:sensitive gets it in clear for the rows of its scope alone', async () => {
    const reader = await addReader({ 'employees:read': 'ALL', 'employees:sensitive': 'OWN' });
    expect((await read(await addKnown(), reader)).personal).toMatchObject({ isMasked: true });
    expect((await read(await addKnown(reader.id), reader)).personal).toMatchObject({ isMasked: false });
  });

  it('gets nothing of employees beyond its own scope', async () => {
    const reader = await addReader({ 'employees:read': 'OWN', 'employees:sensitive': 'ALL' });
    const id = await addKnown();
    expect((await read(id, reader)).data).toEqual({ employee: null });
    expect(await readingsOf(id)).toEqual([]);
  });

  it('gets nothing by having written the row, if it may not read it', async () => {
    const writer = await addReader({ 'employees:write': 'ALL', 'employees:sensitive': 'ALL' });
    const id = await addKnown();
    const { data, errors } = await fleet.graphql(
      `mutation ($id: ID!) { updateEmployee(employeeId: $id, input: { name: "W" }) { name personal { ${fields} } } }`,
      { token: writer.token, variables: { id } },
    );
    expect({ data, errors }).toEqual({
      data: { updateEmployee: { name: 'W', personal: null } },
      errors: [],
    });
    expect(await readingsOf(id)).toEqual([]);
  });

  it('gets their own in clear without employees:sensitive, and is recorded all the same', async () => {
    const reader = await addReader({ 'employees:read': 'ALL' });
    const id = await addKnown(reader.id);
    expect((await read(id, reader)).personal).toEqual({ isMasked: false, ...personal });
    expect(await readingsOf(id)).toMatchObject([{ userId: reader.id }]);
  });

  it('is recorded as a manager who has entered the tenant', async () => {
    const manager = await addManager(fleet, acme.tenantKey);
    const id = await addKnown();
    expect((await read(id, manager)).personal).toMatchObject({ isMasked: false });
    expect(await readingsOf(id)).toMatchObject([{ managerId: manager.id, userId: null }]);
  });

  it('is recorded once for each employee and request, with the names of fields that had a value', async () => {
    const id = await addKnown();
    await update(id, { homeAddress: null });
    const { personal: answer } = await read(id, admin, 'phone: personalPhone homeAddress ... { birthDate }');
    expect(answer).toEqual({ phone: '010-1234-5678', homeAddress: null, birthDate: '1990-01-31' });
    const records = await readingsOf(id);
    expect(records.map(({ changes }) => changes)).toEqual([
      { fields: { before: null, after: ['birthDate', 'personalPhone'] } },
    ]);
    await read(id, admin, 'isMasked');
    await read(id, admin, 'homeAddress');
    await read(id, admin, 'isMasked bankAccount @skip(if: true)');
    expect(await readingsOf(id)).toHaveLength(1);
  });

  it('is recorded once for what two aliases read in one request', async () => {
    const id = await addKnown();
    const { errors } = await fleet.graphql(
      `query ($id: ID!) {
        employee(employeeId: $id) { one: personal { birthDate } other: personal { birthDate } }
        again: employee(employeeId: $id) { personal { birthDate } }
      }`,
      { token: admin.token, variables: { id } },
    );
    expect(errors).toEqual([]);
    expect(await readingsOf(id)).toHaveLength(1);
  });

  it('takes one statement to read a page and one to record it, however many rows it has', async () => {
    const name = randomUUID();
    const ids = [await addKnown(null, name), await addKnown(null, name), await addKnown(null, name)];
    const variables = { search: name };
    const statements = await recordStatements(async () => {
      const { data } = await fleet.graphql(page, { token: admin.token, variables });
      expect(data.employees.edges).toHaveLength(3);
    });
    const about = (pattern: RegExp) => statements.filter((text) => pattern.test(text));
    expect(about(/birth_date_sealed/)).toHaveLength(1);
    expect(about(/INSERT INTO "sys"\."audit_log"/)).toHaveLength(1);
    for (const id of ids) expect(await readingsOf(id)).toHaveLength(1);
    const unselected = await recordStatements(() =>
      fleet.graphql('{ employees { edges { node { name } } } }', { token: admin.token }),
    );
    expect(unselected.filter((text) => /_sealed/.test(text))).toEqual([]);
  });

  it('gets no answer when the reading can’t be recorded', async () => {
    const id = await addKnown();
    await acme.runAsOwner(
      `ALTER TABLE sys.audit_log ADD CONSTRAINT refused CHECK (action <> 'employee.read_sensitive') NOT VALID`,
    );
    onTestFinished(() => acme.runAsOwner('ALTER TABLE sys.audit_log DROP CONSTRAINT refused'));
    const { personal: answer, codes } = await read(id, admin);
    expect({ answer, codes }).toEqual({ answer: null, codes: ['INTERNAL_SERVER_ERROR'] });
  });

  it.each(['clear', 'masked'])('gets an answer in %s that no cache has kept', async (kind) => {
    const name = randomUUID();
    const id = await addKnown(null, name);
    const reader = kind === 'clear' ? admin : await addReader({ 'employees:read': 'ALL' });
    const ask = () => fleet.graphql(page, { token: reader.token, variables: { search: name } });
    await ask();
    const statements = await recordStatements(async () => {
      expect((await ask()).headers.get('etag')).toBeNull();
    });
    expect(statements.filter((text) => /birth_date_sealed/.test(text))).toHaveLength(1);
    expect(await readingsOf(id)).toHaveLength(kind === 'clear' ? 2 : 0);
  });
});

describe('a sealed value', () => {
  const broken = async (id: string, selection = 'personalPhone') => {
    const { personal: answer, errors } = await read(id, admin, selection);
    const [error] = errors;
    expect({ answer, errors }).toMatchObject({
      answer: null,
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' }, path: ['employee', 'personal'] }],
    });
    return fleet.log.find((line) => line.includes(String(error?.extensions.requestId)));
  };

  it('does not open in another row, and spoils no other row of its page', async () => {
    const name = randomUUID();
    const [from, to] = [await addKnown(null, name), await addKnown(null, name)];
    await acme.runAsOwner(
      `UPDATE hrm.employees SET personal_phone_sealed =
        (SELECT personal_phone_sealed FROM hrm.employees WHERE id = '${from}') WHERE id = '${to}'`,
    );
    expect(await broken(to)).toContain(
      `hrm.employees.personalPhoneSealed of the row ${to} does not open: it was altered, or copied from another place.`,
    );
    const { data } = await fleet.graphql(page, { token: admin.token, variables: { search: name } });
    const answers = data.employees.edges.map(({ node }: { node: { personal: unknown } }) => node.personal);
    expect(answers.filter(Boolean)).toEqual([{ isMasked: false, ...personal }]);
    expect(await readingsOf(to)).toEqual([]);
  });

  it('does not open in another column', async () => {
    const id = await addKnown();
    await acme.runAsOwner(
      `UPDATE hrm.employees SET personal_phone_sealed = home_address_sealed WHERE id = '${id}'`,
    );
    await broken(id);
  });

  it('does not open with a changed byte, and can be replaced then', async () => {
    const id = await addKnown();
    await acme.runAsOwner(
      `UPDATE hrm.employees SET personal_phone_sealed = overlay(personal_phone_sealed placing
        CASE substr(personal_phone_sealed, 30, 1) WHEN 'A' THEN 'B' ELSE 'A' END from 30 for 1) WHERE id = '${id}'`,
    );
    await broken(id);
    expect((await update(id, { personalPhone: '010-9999-9999' })).errors).toEqual([]);
    expect((await read(id, admin)).personal).toMatchObject({ personalPhone: '010-9999-9999' });
  });

  it('does not open in another tenant, which has another key', async () => {
    const beta = await fleet.provision('beta02');
    const there = await addAdministrator(fleet, beta);
    const from = await addKnown();
    const to = await addEmployee(null, beta);
    expect((await update(to, personal, there)).errors).toEqual([]);
    const [here, copied] = [await storedIn(acme, from), await storedIn(beta, to)];
    const keyIn = (text: string | null | undefined) => text?.split('.')[1];
    expect(keyIn(copied.bank_account_sealed)).not.toBe(keyIn(here.bank_account_sealed));
    await beta.db.$executeRaw`
      UPDATE hrm.employees SET bank_account_sealed = ${here.bank_account_sealed} WHERE id = ${to}::uuid`;
    const { personal: answer, codes } = await read(to, there, 'bankAccount');
    expect({ answer, codes }).toEqual({ answer: null, codes: ['INTERNAL_SERVER_ERROR'] });
    expect((await read(to, there, 'birthDate')).personal).toEqual({ birthDate: personal.birthDate });
  });
});

const keysOf = (tenantKey: string) =>
  fleet.tools.central.tenantDataKey.findMany({
    where: { tenant: { tenantKey } },
    orderBy: { version: 'asc' },
  });

describe('a tenant’s data key', () => {
  it('is one, though several processes need it first at once', async () => {
    const gamma = await fleet.provision('gamma03');
    const there = await addAdministrator(fleet, gamma);
    const processes = Array.from({ length: 4 }, () => fleet.startApp().graphql);
    expect(await keysOf('gamma03')).toEqual([]);
    const ids = await Promise.all(
      processes.map(async (graphql) => {
        const id = await addEmployee(null, gamma);
        expect((await update(id, personal, there, graphql)).errors).toEqual([]);
        return id;
      }),
    );
    expect(await keysOf('gamma03')).toHaveLength(1);
    for (const id of ids) expect((await read(id, there)).personal).toMatchObject(personal);
  });

  it('is sealed in the central database, outlives SECRET_KEY, and is re-encrypted with the passwords', async () => {
    const id = await addKnown();
    const [key] = await keysOf('acme01');
    const oldKey = fleet.configuration.secrets.encryptionKey;
    expect(key?.keyEncrypted).toMatch(new RegExp(`^v2\\.${credentialsKeyId(oldKey)}\\.`));
    const newKey = randomBytes(32);
    const secrets = createTenantSecrets(
      { ...fleet.configuration.secrets, encryptionKey: newKey, previousEncryptionKeys: [oldKey] },
      createLogger({ level: 'silent', format: 'json' }),
    );
    const everything = { tenantKeys: ['acme01'], to: null, dryRun: false, batchSize: 10, concurrency: 1 };
    expect(await reencryptCredentials({ ...fleet.tools, secrets }, everything)).toMatchObject({
      changed: 4,
      sealedBy: { [credentialsKeyId(newKey)]: 4 },
      failures: [],
    });
    onTestFinished(async () => {
      const back = createTenantSecrets(
        { ...fleet.configuration.secrets, previousEncryptionKeys: [newKey] },
        createLogger({ level: 'silent', format: 'json' }),
      );
      await reencryptCredentials({ ...fleet.tools, secrets: back }, everything);
    });
    const { graphql } = fleet.startApp({
      CREDENTIALS_ENCRYPTION_KEY: newKey.toString('base64'),
      SECRET_KEY: randomBytes(48).toString('base64'),
      PREVIOUS_SECRET_KEYS: fleet.secretKey,
    });
    expect((await read(id, admin, fields, graphql)).personal).toEqual(personal);
  });

  it('opens what it has sealed after a newer one has come, which seals', async () => {
    const id = await addKnown();
    const before = await storedIn(acme, id);
    const [first] = await keysOf('acme01');
    const bytes = randomBytes(32).toString('base64');
    await fleet.tools.central.tenantDataKey.create({
      data: {
        tenantId: first?.tenantId ?? 0,
        version: 2,
        keyEncrypted: await fleet.tools.secrets.write({ tenantKey: 'acme01', purpose: 'data-key' }, bytes),
      },
    });
    await fleet.tools.invalidate('acme01');
    expect((await update(id, { personalPhone: '010-2222-2222' })).errors).toEqual([]);
    const after = await storedIn(acme, id);
    expect(after.personal_phone_sealed?.slice(0, 11)).not.toBe(before.personal_phone_sealed?.slice(0, 11));
    expect((await read(id, admin)).personal).toEqual({
      isMasked: false,
      ...personal,
      personalPhone: '010-2222-2222',
    });
  });

  it('that is lost leaves values that say so in the log, and takes nothing else along', async () => {
    const delta = await fleet.provision('delta04');
    const there = await addAdministrator(fleet, delta);
    const id = await addEmployee(null, delta);
    await update(id, personal, there);
    await fleet.tools.central.tenantDataKey.deleteMany({ where: { tenant: { tenantKey: 'delta04' } } });
    await fleet.tools.invalidate('delta04');
    const { codes, data } = await read(id, there);
    expect({ codes, data }).toEqual({
      codes: ['INTERNAL_SERVER_ERROR'],
      data: { employee: { personal: null } },
    });
    expect(fleet.log.join('')).toMatch(/does not open: the tenant has no data key [0-9a-f]{8}\./);
    expect((await update(id, personal, there)).errors).toEqual([]);
    expect((await read(id, there)).personal).toMatchObject(personal);
  });

  it('is in Vault where secrets are, and can be brought there and back', async () => {
    const vault = await startVaultServer();
    onTestFinished(() => vault.close());
    const settings = { VAULT_URL: vault.url, VAULT_TOKEN: vault.makeToken(), CREDENTIALS_STORE: 'vault' };
    const epsilon = await fleet.provision('epsilon05');
    const there = await addAdministrator(fleet, epsilon);
    const { app, graphql } = fleet.startApp(settings);
    const id = await addEmployee(null, epsilon);
    expect((await update(id, personal, there, graphql)).errors).toEqual([]);
    expect(await keysOf('epsilon05')).toMatchObject([
      { keyEncrypted: 'vault:tenants/epsilon05/data-key?version=1#password' },
    ]);
    expect((await read(id, there, fields, fleet.startApp(settings).graphql)).personal).toEqual(personal);

    const { secrets } = readServerConfiguration({ ...fleet.environment, ...settings });
    const tools = {
      ...fleet.tools,
      secrets: createTenantSecrets(secrets, createLogger({ level: 'silent', format: 'json' })),
      invalidate: app.directory.invalidate,
    };
    const move = { tenantKeys: ['epsilon05'], dryRun: false, batchSize: 10, concurrency: 1 } as const;
    expect(await reencryptCredentials(tools, { ...move, to: 'database' })).toMatchObject({ changed: 1 });
    expect((await keysOf('epsilon05'))[0]?.keyEncrypted).toMatch(/^v2\./);
    expect((await read(id, there)).personal).toMatchObject(personal);
    expect(await reencryptCredentials(tools, { ...move, to: 'vault' })).toMatchObject({
      changed: 4,
      sealedBy: { vault: 4 },
    });
    expect((await read(id, there, fields, graphql)).personal).toEqual(personal);
  });
});

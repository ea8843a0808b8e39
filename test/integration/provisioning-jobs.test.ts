import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createProvisioningWorker } from '../../src/tenancy/platform/provisioning-worker.ts';
import { provisioningSteps } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { makeAdministrator } from '../support/administrators.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;
/** An application that takes jobs and never works on them. */
let idle: ReturnType<TestFleet['startApp']>;
let server: pg.Client;
let manager: string;

// Databases are named after their tenants here, and the server is everybody's.
const run = randomUUID().slice(0, 8);
const keyOf = (name: string) => `j${run}_${name}`;

beforeAll(async () => {
  fleet = await createTestFleet();
  idle = fleet.startApp();
  await idle.app.provisioning.close();
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(async () => {
  await server.end();
  await fleet.close();
});

const jobFields =
  'id uuid tenantKey status step steps { name isDone } error manager { username } createdAt updatedAt finishedAt';

const provision = async (input: object, graphql = fleet.graphql) =>
  graphql(
    `mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { administratorPassword job { ${jobFields} } } }`,
    { token: manager, variables: { input: { companyName: 'Some Company', ...input } } },
  );

/** Registers a tenant whose job nobody works on yet. @returns the job's id. */
async function queue(tenantKey: string): Promise<string> {
  const { data, errors } = await provision({ tenantKey, adminPassword: testPassword }, idle.graphql);
  expect(errors).toEqual([]);
  return data.provisionTenant.job.uuid;
}

const job = async (jobId: string) => {
  const { data } = await fleet.graphql(
    `query ($jobId: ID!) { provisioningJob(jobId: $jobId) { ${jobFields} } }`,
    {
      token: manager,
      variables: { jobId },
    },
  );
  return data.provisioningJob;
};

const resume = (jobId: string) =>
  idle.graphql(`mutation ($jobId: ID!) { resumeProvisioning(jobId: $jobId) { ${jobFields} } }`, {
    token: manager,
    variables: { jobId },
  });

const signIn = (tenantKey: string, password: string, newPassword?: string, username = 'admin') =>
  fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    variables: { input: { tenantKey, username, password, newPassword } },
  });

const workerOf = (onStep: Parameters<typeof createProvisioningWorker>[2]) =>
  createProvisioningWorker(fleet.tools, createLogger({ level: 'silent', format: 'json' }), onStep);

describe('provisionTenant', () => {
  it('answers at once, and the tenant is made afterwards, with every step to be seen', async () => {
    const tenantKey = keyOf('whole');
    const { data, errors } = await provision({
      tenantKey,
      companyName: '주식회사 하나',
      plan: 'PRO',
      maxUsers: 12,
      adminUsername: 'Boss',
      adminEmail: 'Boss@Example.com',
    });
    expect(errors).toEqual([]);
    const { job: asked, administratorPassword } = data.provisionTenant;
    expect(asked).toMatchObject({
      id: encodeGlobalId('ProvisioningJob', asked.uuid),
      tenantKey,
      status: 'QUEUED',
      step: null,
      steps: provisioningSteps.map((name) => ({ name, isDone: false })),
      error: null,
      manager: { username: 'operator' },
      finishedAt: null,
    });
    await fleet.app.provisioning.work();
    expect(await job(asked.uuid)).toMatchObject({
      status: 'SUCCEEDED',
      step: 'activate',
      steps: provisioningSteps.map((name) => ({ name, isDone: true })),
      error: null,
      finishedAt: expect.any(String),
    });
    expect(await fleet.tools.central.tenant.findUnique({ where: { tenantKey } })).toMatchObject({
      companyName: '주식회사 하나',
      plan: 'pro',
      maxUsers: 12,
      status: 'active',
      createdBy: 'operator',
    });
    // The password that was made up is good for one sign-in.
    expect((await signIn(tenantKey, administratorPassword, undefined, 'boss')).codes).toEqual([
      'PASSWORD_CHANGE_REQUIRED',
    ]);
    expect((await signIn(tenantKey, administratorPassword, 'My-own-1-password', 'boss')).codes).toEqual([]);
    expect((await signIn(tenantKey, administratorPassword, undefined, 'boss')).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
    expect((await signIn(tenantKey, 'My-own-1-password', undefined, 'boss')).codes).toEqual([]);
  });

  it('keeps a given password as it is, and tells it to nobody', async () => {
    const tenantKey = keyOf('given');
    const { data } = await provision({ tenantKey, adminPassword: 'Given-by-1-manager' });
    expect(data.provisionTenant.administratorPassword).toBeNull();
    await fleet.app.provisioning.work();
    expect((await signIn(tenantKey, 'Given-by-1-manager')).codes).toEqual([]);
  });

  it('leaves no password in the job, the audit log, the tenant’s row or the log', async () => {
    const tenantKey = keyOf('secret');
    const { data } = await provision({ tenantKey });
    const other = keyOf('secret2');
    await provision({ tenantKey: other, adminPassword: 'Secret-given-1' });
    await fleet.app.provisioning.work();
    const { central } = fleet.tools;
    const stored = JSON.stringify([
      await central.provisioningJob.findMany(),
      await central.auditRecord.findMany(),
      await central.tenantConfig.findMany(),
      (await central.tenant.findMany()).map(
        ({ dbPasswordEncrypted, dbOwnerPasswordEncrypted, ...row }) => row,
      ),
    ]);
    for (const password of [data.provisionTenant.administratorPassword, 'Secret-given-1']) {
      expect(stored).not.toContain(password);
      expect(fleet.log.join()).not.toContain(password);
    }
    const records = await central.auditRecord.findMany({ where: { action: 'tenant.provision', tenantKey } });
    expect(records).toMatchObject([
      {
        entityType: 'Tenant',
        entityId: tenantKey,
        managerUsername: 'operator',
        changes: {
          companyName: { before: null, after: 'Some Company' },
          maxUsers: { before: null, after: 50 },
        },
      },
    ]);
  });

  it('answers CONFLICT at once for a key that is taken, finished or not, and changes nothing of it', async () => {
    const finished = keyOf('whole');
    const unfinished = keyOf('waiting');
    const jobId = await queue(unfinished);
    for (const tenantKey of [finished, unfinished]) {
      const before = await fleet.tools.central.tenant.findUnique({
        where: { tenantKey },
        include: { configs: true },
      });
      const { errors } = await provision({ tenantKey, companyName: 'Taken Over' });
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'CONFLICT', reason: 'TAKEN', fields: [{ path: ['input', 'tenantKey'] }] },
      ]);
      expect(
        await fleet.tools.central.tenant.findUnique({ where: { tenantKey }, include: { configs: true } }),
      ).toEqual(before);
    }
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('lets one through of many who ask for one key at once', async () => {
    const tenantKey = keyOf('raced');
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        provision({ tenantKey, companyName: `Company ${index}` }, idle.graphql),
      ),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(5).fill('CONFLICT'));
    const won = answers.findIndex(({ codes }) => codes.length === 0);
    expect(await fleet.tools.central.tenant.findUnique({ where: { tenantKey } })).toMatchObject({
      companyName: `Company ${won}`,
    });
    expect(await fleet.tools.central.provisioningJob.count({ where: { tenantKey } })).toBe(1);
    await fleet.app.provisioning.work();
  });

  it('names every field that is wrong, and registers nothing', async () => {
    const { codes, errors } = await provision({
      tenantKey: 'No Key',
      companyName: '',
      maxUsers: 0,
      adminEmail: 'nobody',
      adminPassword: 'short',
    });
    expect(codes).toEqual(['VALIDATION_FAILED']);
    const paths = JSON.stringify(errors[0]?.extensions.fields);
    for (const field of ['tenantKey', 'companyName', 'maxUsers', 'adminEmail', 'adminPassword']) {
      expect(paths).toContain(`["input","${field}"]`);
    }
    expect(await fleet.tools.central.tenant.count({ where: { tenantKey: 'No Key' } })).toBe(0);
  });
});

describe('a job', () => {
  it.each(provisioningSteps)(
    'is finished by another process when its own is killed right after step %s',
    { timeout: 60_000 },
    async (step) => {
      const tenantKey = keyOf(`k_${step.replaceAll('-', '_')}`);
      const jobId = await queue(tenantKey);
      const killed = await runScript('test/support/work-and-die.ts', [step], fleet.environment);
      expect(killed.signal).toBe('SIGKILL');
      expect(await job(jobId)).toMatchObject({ status: 'RUNNING', step, finishedAt: null });
      await fleet.app.provisioning.work();
      expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED', error: null });
      expect((await signIn(tenantKey, testPassword)).codes).toEqual([]);
    },
  );

  it('is taken up by a process that starts', async () => {
    const jobId = await queue(keyOf('start'));
    const { app } = fleet.startApp();
    await app.ready();
    await vi.waitFor(async () => expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' }), {
      timeout: 15_000,
    });
    await app.close();
  });

  it('waits for a process whose administrator may make roles and databases', async () => {
    const jobId = await queue(keyOf('powerless'));
    const administrator = await makeAdministrator('');
    onTestFinished(() => administrator.drop());
    const lines: string[] = [];
    const logger = createLogger(
      { level: 'info', format: 'json' },
      { write: (line) => void lines.push(line) },
    );
    const tools = { ...fleet.tools, tenantAdminDatasource: administrator.datasource };
    const powerless = createProvisioningWorker(tools, logger);
    await powerless.work();
    await powerless.work();
    expect(await job(jobId)).toMatchObject({ status: 'QUEUED', error: null });
    expect(lines.filter((line) => line.includes('Provisioning jobs wait'))).toHaveLength(1);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is worked on once, by however many processes at once', async () => {
    const jobId = await queue(keyOf('twice'));
    const heard: string[] = [];
    const workers = Array.from({ length: 4 }, () => workerOf((_key, step) => void heard.push(step)));
    await Promise.all(workers.map((worker) => worker.work()));
    expect(heard).toEqual(provisioningSteps);
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(
      await fleet.tools.central.auditRecord.count({
        where: { action: 'tenant.provision', tenantKey: keyOf('twice') },
      }),
    ).toBe(1);
  });

  it('that has failed in one process is not tried again by another that still has it on its list', async () => {
    const slow = await queue(keyOf('slow'));
    const failing = keyOf('fails_once');
    const database = pg.escapeIdentifier(`tenant_${failing}`);
    await server.query(`CREATE DATABASE ${database}`);
    const jobId = await queue(failing);
    const other = workerOf(() => {});
    const heard = new Set<string>();
    const worker = workerOf(async (tenantKey) => {
      // By now the list of this worker has both jobs, and the other can only take the second.
      if (!heard.has(tenantKey)) await other.work();
      heard.add(tenantKey);
    });
    await worker.work();
    expect([...heard]).toEqual([keyOf('slow')]);
    expect(await job(slow)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await job(jobId)).toMatchObject({ status: 'FAILED' });
    await server.query(`DROP DATABASE ${database}`);
    await fleet.tools.central.provisioningJob.delete({ where: { id: jobId } });
  });

  it('waits while something else provisions its tenant, and does not fail of it', async () => {
    const tenantKey = keyOf('elsewhere');
    const jobId = await queue(tenantKey);
    const holder = new pg.Client({ connectionString: fleet.tools.centralDatabaseUrl });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`provision-tenant:${tenantKey}`]);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ error: null, finishedAt: null });
    await holder.end();
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is left between two steps when its process stops, and finished by the next', async () => {
    const tenantKey = keyOf('stopped');
    const jobId = await queue(tenantKey);
    let closed: Promise<void> | undefined;
    const worker = workerOf((_key, step) => {
      if (step === 'create-role') closed = worker.close();
    });
    await worker.work();
    await closed;
    expect(await job(jobId)).toMatchObject({ status: 'RUNNING', step: 'create-role', finishedAt: null });
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' });
    // A worker that was closed takes no more.
    const later = await queue(keyOf('later'));
    await worker.work();
    expect(await job(later)).toMatchObject({ status: 'QUEUED' });
    await fleet.app.provisioning.work();
  });

  it('goes by what the tenant was changed to while it waited', async () => {
    const tenantKey = keyOf('renamed');
    await queue(tenantKey);
    const renamed = await fleet.graphql(
      'mutation ($key: String!) { updateTenant(tenantKey: $key, input: { companyName: "Renamed", maxUsers: 3 }) { status } }',
      { token: manager, variables: { key: tenantKey } },
    );
    expect(renamed.data.updateTenant.status).toBe('PROVISIONING');
    await fleet.app.provisioning.work();
    expect(await fleet.tools.central.tenant.findUnique({ where: { tenantKey } })).toMatchObject({
      companyName: 'Renamed',
      maxUsers: 3,
      status: 'active',
    });
  });

  it('fails with its reason, keeps nobody else from theirs, and is resumed once the cause is gone', async () => {
    const tenantKey = keyOf('failing');
    const database = pg.escapeIdentifier(`tenant_${tenantKey}`);
    await server.query(`CREATE DATABASE ${database}`);
    const jobId = await queue(tenantKey);
    const next = await queue(keyOf('after_it'));
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({
      status: 'FAILED',
      step: 'create-role',
      error: expect.stringMatching(/Step create-database failed: .* belongs to something else/),
      finishedAt: expect.any(String),
    });
    expect(await job(next)).toMatchObject({ status: 'SUCCEEDED' });
    const { data } = await fleet.graphql(
      'query ($key: String!) { tenant(tenantKey: $key) { status statusReason } }',
      {
        token: manager,
        variables: { key: tenantKey },
      },
    );
    expect(data.tenant).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringContaining('create-database'),
    });

    // Nobody tries again without being told to.
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'FAILED' });

    await server.query(`DROP DATABASE ${database}`);
    const resumed = await resume(encodeGlobalId('ProvisioningJob', jobId));
    expect(resumed.data.resumeProvisioning).toMatchObject({
      status: 'QUEUED',
      step: null,
      error: null,
      finishedAt: null,
    });
    expect((await resume(jobId)).codes).toEqual(['CONFLICT']);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await signIn(tenantKey, testPassword)).codes).toEqual([]);
    const again = await resume(jobId);
    expect(again.errors[0]).toMatchObject({
      message: 'The job has not failed: it is done.',
      extensions: { code: 'CONFLICT', reason: 'WRONG_STATE', status: 'SUCCEEDED' },
    });
    expect(
      await fleet.tools.central.auditRecord.findMany({
        where: { action: 'tenant.resume_provisioning', tenantKey },
      }),
    ).toMatchObject([{ entityType: 'ProvisioningJob', entityId: jobId, managerUsername: 'operator' }]);
  });

  it('fails when its tenant was cleaned up meanwhile', async () => {
    const tenantKey = keyOf('removed');
    const jobId = await queue(tenantKey);
    await fleet.tools.central.tenant.delete({ where: { tenantKey } });
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('was removed'),
    });
    // Its key is free again.
    expect((await provision({ tenantKey })).codes).toEqual([]);
    await fleet.app.provisioning.work();
  });

  it('is NOT_FOUND to resume and null to see when there is none of that id', async () => {
    expect((await resume(randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect(await job(randomUUID())).toBeNull();
    expect((await resume('nonsense')).codes).toEqual(['VALIDATION_FAILED']);
  });
});

describe('provisioningJobs', () => {
  it('lists jobs newest first in pages, and by status and tenant', async () => {
    const list = async (args: string) => {
      const { data, errors } = await fleet.graphql(
        `{ provisioningJobs(${args}) { edges { node { tenantKey status createdAt } } pageInfo { hasNextPage endCursor totalCount } } }`,
        { token: manager },
      );
      expect(errors).toEqual([]);
      return data.provisioningJobs;
    };
    const all = await list('first: 100');
    const times = all.edges.map(({ node }: { node: { createdAt: string } }) => node.createdAt);
    expect(times).toEqual([...times].sort().reverse());
    const paged: object[] = [];
    for (let after = ''; ; ) {
      const page = await list(`first: 5 ${after}`);
      paged.push(...page.edges);
      if (!page.pageInfo.hasNextPage) break;
      after = `after: "${page.pageInfo.endCursor}"`;
    }
    expect(paged).toEqual(all.edges);
    expect((await list('status: FAILED')).edges).toMatchObject([{ node: { tenantKey: keyOf('removed') } }]);
    expect((await list(`tenantKey: "${keyOf('whole')}"`)).pageInfo.totalCount).toBe(1);
    expect((await list('tenantKey: "No Key"')).pageInfo.totalCount).toBe(0);
  });
});

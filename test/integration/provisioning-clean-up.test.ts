import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createProvisioningWorker } from '../../src/tenancy/platform/provisioning-worker.ts';
import { removeUnfinishedTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { makeAdministrator } from '../support/administrators.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';

let fleet: TestFleet;
/** An application that takes requests and never works on jobs. */
let idle: ReturnType<TestFleet['startApp']>;
let server: pg.Client;
let manager: string;
let colleague: string;

// Databases are named after their tenants here, and the server is everybody's.
const run = randomUUID().slice(0, 8);
const keyOf = (name: string) => `c${run}_${name}`;

beforeAll(async () => {
  fleet = await createTestFleet();
  idle = fleet.startApp();
  await idle.app.provisioning.close();
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  manager = (await fleet.signInManager()).accessToken;
  colleague = (await fleet.signInManager('colleague')).accessToken;
});
afterAll(async () => {
  await server.end();
  await fleet.close();
});

const jobFields =
  'uuid tenantKey status step error canCleanUp cleanUpRequestedBy { username } finishedAt cleanedUpAt';

const provision = (tenantKey: string) =>
  idle.graphql(
    'mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { job { uuid } } }',
    { token: manager, variables: { input: { tenantKey, companyName: 'Some Company' } } },
  );

async function queue(tenantKey: string): Promise<string> {
  const { data, errors } = await provision(tenantKey);
  expect(errors).toEqual([]);
  return data.provisionTenant.job.uuid;
}

const job = async (jobId: string) => {
  const { data, errors } = await fleet.graphql(
    `query ($jobId: ID!) { provisioningJob(jobId: $jobId) { ${jobFields} } }`,
    { token: manager, variables: { jobId } },
  );
  expect(errors).toEqual([]);
  return data.provisioningJob;
};

const cleanUp = (jobId: string, token = colleague) =>
  idle.graphql(`mutation ($jobId: ID!) { cleanUpProvisioning(jobId: $jobId) { ${jobFields} } }`, {
    token,
    variables: { jobId },
  });

const resume = (jobId: string) =>
  idle.graphql('mutation ($jobId: ID!) { resumeProvisioning(jobId: $jobId) { status } }', {
    token: manager,
    variables: { jobId },
  });

const workerOf = (onStep: Parameters<typeof createProvisioningWorker>[2], tools = fleet.tools) =>
  createProvisioningWorker(tools, createLogger({ level: 'silent', format: 'json' }), onStep);

/** Runs a job that fails on a conflicting table, after it has created everything but the tables. */
async function failedJob(tenantKey: string): Promise<string> {
  const jobId = await queue(tenantKey);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/tenant_${tenantKey}`;
  await workerOf(async (_key, step) => {
    if (step !== 'grant') return;
    const inside = new pg.Client({ connectionString: url.href });
    await inside.connect();
    await inside.query('CREATE TABLE _prisma_migrations ()');
    await inside.end();
  }).work();
  expect(await job(jobId)).toMatchObject({ status: 'FAILED', step: 'grant', canCleanUp: true });
  return jobId;
}

/** The traces of a tenant in the central database and on the server. */
async function tracesOf(tenantKey: string) {
  const name = `tenant_${tenantKey}`;
  const { rows: databases } = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  const { rows: roles } = await server.query('SELECT FROM pg_roles WHERE starts_with(rolname, $1)', [name]);
  return {
    databases: databases.length,
    roles: roles.length,
    records: await fleet.tools.central.tenant.count({ where: { tenantKey } }),
    settings: await fleet.tools.central.tenantConfig.count({ where: { tenant: { tenantKey } } }),
  };
}

const nothing = { databases: 0, roles: 0, records: 0, settings: 0 };

describe('cleanUpProvisioning', () => {
  it('removes database, roles, record and first password of a failed job, and frees the key', async () => {
    const tenantKey = keyOf('whole');
    const jobId = await failedJob(tenantKey);
    expect(await tracesOf(tenantKey)).toMatchObject({ databases: 1, records: 1, settings: 1 });
    const asked = await cleanUp(encodeGlobalId('ProvisioningJob', jobId));
    expect(asked.errors).toEqual([]);
    expect(asked.data.cleanUpProvisioning).toMatchObject({
      status: 'CLEANING_UP',
      canCleanUp: false,
      cleanUpRequestedBy: { username: 'colleague' },
      cleanedUpAt: null,
    });
    await fleet.app.provisioning.work();
    expect(await tracesOf(tenantKey)).toEqual(nothing);
    expect(await job(jobId)).toMatchObject({
      status: 'CLEANED_UP',
      step: null,
      canCleanUp: false,
      cleanUpRequestedBy: { username: 'colleague' },
      cleanedUpAt: expect.any(String),
    });
    const again = await queue(tenantKey);
    await fleet.app.provisioning.work();
    expect(await job(again)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is recorded as what the manager who asked for it has done, from beginning to end', async () => {
    const tenantKey = keyOf('recorded');
    const jobId = await failedJob(tenantKey);
    await cleanUp(jobId);
    await fleet.app.provisioning.work();
    const records = await fleet.tools.central.auditRecord.findMany({
      where: { tenantKey, managerUsername: 'colleague' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    expect(records).toMatchObject([
      { action: 'tenant.clean_up_provisioning', entityType: 'ProvisioningJob', entityId: jobId },
      {
        action: 'tenant.remove_unfinished',
        requestId: `job ${jobId}`,
        changes: { stage: { before: null, after: 'begun' } },
      },
      { action: 'tenant.remove_unfinished', changes: { stage: { before: null, after: 'done' } } },
    ]);
  });

  it('is done by one of many who ask at once, and the others hear so', async () => {
    const tenantKey = keyOf('raced');
    const jobId = await failedJob(tenantKey);
    const answers = await Promise.all(Array.from({ length: 5 }, () => cleanUp(jobId)));
    const refused = answers.filter(({ codes }) => codes.length > 0);
    expect(refused).toHaveLength(4);
    for (const { errors } of refused) {
      expect(errors).toMatchObject([
        {
          message: `The leftovers of tenant ${tenantKey} are already being removed.`,
          extensions: { code: 'CONFLICT', reason: 'WRONG_STATE', status: 'CLEANING_UP' },
        },
      ]);
    }
    await Promise.all([workerOf(() => {}).work(), workerOf(() => {}).work()]);
    expect(await tracesOf(tenantKey)).toEqual(nothing);
    expect(
      await fleet.tools.central.auditRecord.count({
        where: { tenantKey, action: 'tenant.clean_up_provisioning' },
      }),
    ).toBe(1);
  });

  it('leaves a job that has been cleaned up as it is, and the tenant that has its key by now', async () => {
    const tenantKey = keyOf('again');
    const jobId = await failedJob(tenantKey);
    await cleanUp(jobId);
    await fleet.app.provisioning.work();
    await failedJob(tenantKey);
    const before = await tracesOf(tenantKey);
    const { codes, data } = await cleanUp(jobId);
    expect(codes).toEqual([]);
    expect(data.cleanUpProvisioning).toMatchObject({ status: 'CLEANED_UP' });
    await fleet.app.provisioning.work();
    expect(await tracesOf(tenantKey)).toEqual(before);
    expect((await resume(jobId)).codes).toEqual(['CONFLICT']);
  });

  it('leaves a later tenant of the key alone when the job’s own is gone', async () => {
    const tenantKey = keyOf('replaced');
    const jobId = await failedJob(tenantKey);
    await removeUnfinishedTenant(fleet.tools, tenantKey);
    await failedJob(tenantKey);
    const before = await tracesOf(tenantKey);
    // As a version before this one has left it.
    await fleet.tools.central.provisioningJob.update({ where: { id: jobId }, data: { cleanedUpAt: null } });
    expect((await cleanUp(jobId)).codes).toEqual([]);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'CLEANED_UP' });
    expect(await tracesOf(tenantKey)).toEqual(before);
  });

  it('keeps the key and the job to itself until it is done', async () => {
    const tenantKey = keyOf('held');
    const jobId = await failedJob(tenantKey);
    await cleanUp(jobId);
    const taken = await provision(tenantKey);
    expect(taken.codes).toEqual(['CONFLICT']);
    expect((await resume(jobId)).codes).toEqual(['CONFLICT']);
    await fleet.app.provisioning.work();
    expect(await tracesOf(tenantKey)).toEqual(nothing);
  });

  it('keeps what is somebody else’s under the same name', async () => {
    const tenantKey = keyOf('foreign');
    const database = pg.escapeIdentifier(`tenant_${tenantKey}`);
    await server.query(`CREATE DATABASE ${database}`);
    onTestFinished(async () => void (await server.query(`DROP DATABASE ${database}`)));
    const jobId = await queue(tenantKey);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'FAILED', canCleanUp: true });
    await cleanUp(jobId);
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'CLEANED_UP' });
    expect(await tracesOf(tenantKey)).toEqual({ ...nothing, databases: 1 });
  });

  it('is refused for a job that waits, runs or has succeeded', async () => {
    const tenantKey = keyOf('healthy');
    const jobId = await queue(tenantKey);
    const answers = [await cleanUp(jobId)];
    await workerOf(async (_key, step) => {
      if (step === 'create-role') answers.push(await cleanUp(jobId));
    }).work();
    answers.push(await cleanUp(jobId));
    expect(answers.map(({ errors }) => errors[0]?.extensions)).toMatchObject(
      ['QUEUED', 'RUNNING', 'SUCCEEDED'].map((status) => ({ reason: 'WRONG_STATE', status })),
    );
    expect(await job(jobId)).toMatchObject({ status: 'SUCCEEDED', canCleanUp: false });
  });

  it('is refused for a failed job whose tenant has been put into service since', async () => {
    const tenantKey = keyOf('finished');
    const jobId = await failedJob(tenantKey);
    for (const status of ['active', 'suspended', 'archived'] as const) {
      await fleet.tools.central.tenant.update({
        where: { tenantKey },
        data: { status, isActive: status === 'active' },
      });
      expect((await job(jobId)).canCleanUp).toBe(false);
      expect((await cleanUp(jobId)).errors).toMatchObject([
        { extensions: { code: 'CONFLICT', reason: 'WRONG_STATE', status: status.toUpperCase() } },
      ]);
    }
    expect(await job(jobId)).toMatchObject({ status: 'FAILED' });
    expect(await tracesOf(tenantKey)).toMatchObject({ databases: 1, records: 1 });
  });

  it('removes nothing of a tenant that is put into service before its turn comes', async () => {
    const tenantKey = keyOf('overtaken');
    const jobId = await failedJob(tenantKey);
    await cleanUp(jobId);
    await fleet.tools.central.tenant.update({
      where: { tenantKey },
      data: { status: 'active', isActive: true },
    });
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('only an unfinished tenant'),
    });
    expect(await tracesOf(tenantKey)).toMatchObject({ databases: 1, records: 1 });
  });

  it('waits for a process whose administrator may drop databases', async () => {
    const tenantKey = keyOf('powerless');
    const jobId = await failedJob(tenantKey);
    await cleanUp(jobId);
    const administrator = await makeAdministrator('');
    onTestFinished(() => administrator.drop());
    await workerOf(() => {}, { ...fleet.tools, tenantAdminDatasource: administrator.datasource }).work();
    expect(await job(jobId)).toMatchObject({ status: 'CLEANING_UP' });
    await fleet.app.provisioning.work();
    expect(await job(jobId)).toMatchObject({ status: 'CLEANED_UP' });
  });

  it('says why it could not be done, and is done when the cause is gone', async () => {
    const tenantKey = keyOf('stuck');
    const jobId = await failedJob(tenantKey);
    const secrets = {
      ...fleet.tools.secrets,
      remove: () => Promise.reject(new Error('The store of secrets is away.')),
    };
    await cleanUp(jobId);
    await workerOf(() => {}, { ...fleet.tools, secrets }).work();
    expect(await job(jobId)).toMatchObject({
      status: 'FAILED',
      canCleanUp: true,
      error: `Tenant ${tenantKey} can't be cleaned up: The store of secrets is away.`,
    });
    await cleanUp(jobId);
    await fleet.app.provisioning.work();
    expect(await tracesOf(tenantKey)).toEqual(nothing);
  });

  it('is NOT_FOUND for a job that is not there', async () => {
    expect((await cleanUp(randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await cleanUp('nonsense')).codes).toEqual(['VALIDATION_FAILED']);
  });
});

describe('provisioningJobs', () => {
  it('tells failed jobs from those that are being cleaned up and those that have been', async () => {
    const ids = {
      FAILED: await failedJob(keyOf('s_failed')),
      CLEANING_UP: await failedJob(keyOf('s_cleaning')),
      CLEANED_UP: await failedJob(keyOf('s_cleaned')),
    };
    await cleanUp(ids.CLEANED_UP);
    await fleet.app.provisioning.work();
    await cleanUp(ids.CLEANING_UP);
    for (const [status, uuid] of Object.entries(ids)) {
      const { data } = await fleet.graphql(
        `{ provisioningJobs(first: 100, status: ${status}) { edges { node { uuid status } } } }`,
        { token: manager },
      );
      const nodes: unknown[] = data.provisioningJobs.edges.map(({ node }: { node: unknown }) => node);
      expect(nodes).toContainEqual({ uuid, status });
      for (const other of Object.values(ids).filter((id) => id !== uuid)) {
        expect(nodes).not.toContainEqual(expect.objectContaining({ uuid: other }));
      }
    }
    await fleet.app.provisioning.work();
  });
});

describe('provision-tenant --cleanup', () => {
  it('marks the failed job of its tenant as cleaned up', async () => {
    const tenantKey = keyOf('script');
    const jobId = await failedJob(tenantKey);
    expect(await removeUnfinishedTenant(fleet.tools, tenantKey)).toBe(true);
    expect(await job(jobId)).toMatchObject({
      status: 'CLEANED_UP',
      canCleanUp: false,
      cleanUpRequestedBy: null,
    });
  });
});

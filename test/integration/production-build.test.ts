import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildPrograms } from '../../tools/build/build-programs.ts';
import { outdatedBy, recordName, recordOf } from '../../tools/build/build-state.ts';
import { projectFolder } from '../../tools/build/bundle.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { startNode } from '../support/run-script.ts';

const buildFolder = join(projectFolder, 'dist');
const run = join(buildFolder, 'run.js');

/** Shows where the program was when it first wrote to standard output. */
const tracing = `data:text/javascript,${encodeURIComponent(`
  const { write } = process.stdout;
  process.stdout.write = function (...args) {
    process.stdout.write = write;
    process.stderr.write(new Error('traced').stack);
    return write.apply(this, args);
  };`)}`;

describe('the production build', { timeout: 30_000 }, () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    [fleet] = await Promise.all([
      createTestFleet(),
      outdatedBy(projectFolder, buildFolder) === null ? null : buildPrograms(buildFolder),
    ]);
    await fleet.provision('built1');
  });
  afterAll(() => fleet.close());

  it('serves, and answers a query from a tenant’s database', async () => {
    const server = startNode([run, 'src/main.ts'], {
      ...fleet.environment,
      LOG_LEVEL: 'info',
      API_HOST: '127.0.0.1',
      API_PORT: '0',
    });
    onTestFinished(() => void server.stop('SIGKILL'));
    const [, port] = await server.waitFor(/"port":(\d+)/);
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `mutation { login(input: {tenantKey: "built1", username: "admin", password: "${testPassword}"}) { user { username } } }`,
      }),
    });
    expect(await response.json()).toEqual({ data: { login: { user: { username: 'admin' } } } });
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(server.output()).not.toContain('Warning');
  });

  it('serves GraphiQL with its files when it is to', async () => {
    const server = startNode([run, 'src/main.ts'], {
      ...fleet.environment,
      ENVIRONMENT: 'production',
      DEBUG: 'true',
      LOG_LEVEL: 'info',
      API_HOST: '127.0.0.1',
      API_PORT: '0',
    });
    onTestFinished(() => void server.stop('SIGKILL'));
    const [, port] = await server.waitFor(/"port":(\d+)/);
    const address = `http://127.0.0.1:${port}/`;
    const page = await fetch(`${address}graphql`, { headers: { accept: 'text/html' } });
    const files = new Set((await page.text()).match(/graphiql\/[\w.-]+/g));
    expect(files.size).toBe(8);
    for (const file of files) {
      const response = await fetch(address + file);
      expect(response.status, file).toBe(200);
      expect((await response.arrayBuffer()).byteLength, file).toBeGreaterThan(1_000);
    }
  });

  it('runs a script, whose stack traces name the places in its sources', async () => {
    const script = startNode(['--import', tracing, run, 'scripts/provision-tenant.ts', '--help'], {});
    expect(await script.exited).toBe(0);
    expect(script.output()).toContain('Usage: provision-tenant');

    const source = await readFile(join(projectFolder, 'scripts/provision-tenant.ts'), 'utf8');
    const line = source.split('\n').findIndex((text) => text.startsWith('await runScript(')) + 1;
    expect(script.output()).toContain(` at ${join(projectFolder, 'scripts/provision-tenant.ts')}:${line}:7`);
    expect(script.output()).toMatch(/ at runScript \(.*\/scripts\/support\/script\.ts:\d+:\d+\)/);
    expect(script.output()).toMatch(/ at .*\/node_modules\/commander\/lib\/command\.js:\d+:\d+\)/);
    expect(script.output()).not.toContain('/chunks/');
  });

  it.each(['scripts/no-such.ts', 'build/build-state.ts', 'scripts/support/script.ts'])(
    'refuses %s, and names what it can run',
    async (program) => {
      const refused = startNode([run, program], {});
      expect(await refused.exited).toBe(1);
      expect(refused.output()).toContain(`${program} is not in the build. These are: src/main.ts, scripts/`);
    },
  );
});

describe('a build’s record', () => {
  let project: string;
  const dist = () => join(project, 'dist');

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'build-record-'));
    onTestFinished(() => rm(project, { recursive: true, force: true }));
    for (const folder of ['src', 'dist']) await mkdir(join(project, folder));
    for (const name of ['main', 'app']) await writeFile(join(project, `src/${name}.ts`), `${name}();`);
    const record = recordOf(project, ['src/main.ts', 'src/app.ts'], []);
    await writeFile(join(dist(), recordName), JSON.stringify(record));
  });

  it('finds it up to date, also in a copy of the project with other times', async () => {
    expect(outdatedBy(project, dist())).toBeNull();
    const copy = `${project}-copy`;
    onTestFinished(() => rm(copy, { recursive: true, force: true }));
    await cp(project, copy, { recursive: true, preserveTimestamps: false });
    expect(outdatedBy(copy, join(copy, 'dist'))).toBeNull();
  });

  it.each([
    [
      'was changed, even to the same length',
      () => writeFile(join(project, 'src/app.ts'), 'ppa();'),
      'src/app.ts',
    ],
    ['is gone', () => rm(join(project, 'src/app.ts')), 'src/app.ts'],
    ['is there, but the record is not', () => rm(join(dist(), recordName)), recordName],
  ])('names what is not as it was when a source %s', async (_what, change, named) => {
    await change();
    expect(outdatedBy(project, dist())).toBe(named);
  });

  it('has nothing to say where there are no sources, as in the image', async () => {
    await rm(join(project, 'src'), { recursive: true });
    expect(outdatedBy(project, dist())).toBeNull();
  });
});

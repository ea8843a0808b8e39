import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { announceServer, findRunningServer } from '../../scripts/support/running-server.ts';
import { runScript } from '../support/run-script.ts';

const url = 'http://localhost:8100/graphql';

describe('the record of a running development server', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'running-server-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function announce() {
    const announcement = await announceServer(true, folder);
    if (!announcement) throw new Error('Another server has this folder.');
    return announcement;
  }

  /** Rewrites the record to name another process, or this one elsewhere. */
  async function rewrite(changes: object) {
    const file = join(folder, 'server.json');
    const record = z
      .looseObject({ process: z.looseObject({}) })
      .parse(JSON.parse(await readFile(file, 'utf8')));
    await writeFile(file, JSON.stringify({ ...record, process: { ...record.process, ...changes } }));
  }

  it('says where the server is while it serves, and what else it does at other times', async () => {
    expect(await findRunningServer(folder)).toBe('none');
    const announcement = await announce();
    expect(await findRunningServer(folder)).toBe('starting');
    await announcement.serving(url, { NAME: 'value' });
    expect(await findRunningServer(folder)).toMatchObject({
      processId: process.pid,
      url,
      environment: { NAME: 'value' },
    });
    await announcement.stopping();
    expect(await findRunningServer(folder)).toBe('stopping');
    expect(await readFile(join(folder, 'server.json'), 'utf8')).not.toContain('value');
    await announcement.withdraw();
    expect(await findRunningServer(folder)).toBe('none');
  });

  it('never says that a server serves that was stopped halfway through its start', async () => {
    const announcement = await announce();
    await announcement.stopping();
    await announcement.serving(url, {});
    expect(await findRunningServer(folder)).toBe('stopping');
  });

  it('keeps no server from stopping whose folder somebody has removed', async () => {
    const announcement = await announce();
    await rm(folder, { recursive: true });
    await expect(announcement.stopping()).resolves.toBeUndefined();
    await expect(announcement.withdraw()).resolves.toBeUndefined();
  });

  it('counts for nothing once its process has ended, or another one has the number', async () => {
    await (await announce()).serving(url, {});
    await rewrite({ start: '1' });
    expect(await findRunningServer(folder)).toBe('none');
    const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(ended, 'exit');
    await rewrite({ processId: ended.pid });
    expect(await findRunningServer(folder)).toBe('none');
  });

  it('of another container is not taken for a server of this one', async () => {
    await (await announce()).serving(url, {});
    await rewrite({ container: 'pid:[1]' });
    expect(await findRunningServer(folder)).toBe('elsewhere');
  });

  it('stays that of the first of two servers, until it has ended', async () => {
    const first = await announce();
    await first.serving(url, {});
    expect(await announceServer(false, folder)).toBeNull();
    await rewrite({ start: '1' });
    const second = await announce();
    await second.serving(url, {});
    await rewrite({ start: '2' });
    await second.withdraw();
    expect(await readFile(join(folder, 'server.json'), 'utf8')).toContain('"2"');
  });

  it('of another version counts for nothing', async () => {
    await writeFile(join(folder, 'server.json'), '{"process": 1}');
    expect(await findRunningServer(folder)).toBe('none');
  });

  it('says after the failure of a script that the server was stopped meanwhile', async () => {
    await mkdir(join(folder, '.data'));
    const announcement = await announceServer(true, join(folder, '.data'));
    const database = createServer(async (socket) => {
      await announcement?.stopping();
      socket.destroy();
    });
    await once(database.listen(0, '127.0.0.1'), 'listening');
    const { port } = z.object({ port: z.number() }).parse(database.address());
    await announcement?.serving(url, {
      CENTRAL_ADMIN_DATABASE_URL: `postgresql://someone:hidden@127.0.0.1:${port}/central_admin`,
      CREDENTIALS_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    });
    const { exitCode, stdout, stderr } = await runScript(
      'scripts/migrate-all-tenants.ts',
      ['--json'],
      {},
      '',
      folder,
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).error).toMatch(/^The development server was stopped meanwhile: .*npm run dev/);
    expect(stdout + stderr).not.toContain('hidden');
    database.close();
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runScript, script } from '../../../scripts/support/script.ts';
import { ConflictError, message } from '../../../src/errors/index.ts';

const root = new URL('../../../', import.meta.url);

const sources = ['scripts', 'tools'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`),
);

/** Everything but comments, and what reads such quotes. */
const withoutComments = (source: string) =>
  source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').replace(/\.replace\(\/\[.*$/gm, '');

describe('what a script prints', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each(sources)('has quotes that every terminal has: %s', (path) => {
    expect(withoutComments(readFileSync(new URL(path, root), 'utf8'))).not.toMatch(/[‘’“”]/);
  });

  it('has them as well where the API’s own message says why it failed', async () => {
    const { argv, exitCode } = process;
    const written: unknown[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
    const taken = message('taken.tenantDatabase', { tenantKey: 'acme01' });
    try {
      process.argv = ['node', 'example'];
      await runScript(script('example', 'An example.'), async () => {
        throw new ConflictError({ reason: 'TAKEN', fields: [{ path: ['tenantKey'], message: taken }] });
      });
      expect(process.exitCode).toBe(1);
    } finally {
      Object.assign(process, { argv, exitCode });
    }
    expect(written).toEqual(["example: The database for acme01 would collide with another tenant's.\n"]);
  });
});

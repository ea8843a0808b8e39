import { describe, expect, it } from 'vitest';
import { runScript } from '../support/run-script.ts';

describe('documents that are all different', { timeout: 60_000 }, () => {
  it.each([
    ['of a megabyte of comments take nothing', 'comments', 20, 5],
    ['of a megabyte that are wrong take nothing', 'wrong', 20, 5],
    ['of as many tokens as may be take 32 MB at most', 'tokens', 150, 40],
  ])('%s', async (_what, kind, count, megabytes) => {
    const { exitCode, stdout, stderr } = await runScript('test/support/flood-documents.ts', [], {
      KIND: kind,
      COUNT: String(count),
      NODE_OPTIONS: '--expose-gc',
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(Number(stdout)).toBeLessThan(megabytes * 1e6);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { announced } from '../../../src/db/announced-change.ts';
import { ForbiddenError } from '../../../src/errors/index.ts';

describe('a change that is announced', () => {
  it('is announced once it is made, and not before', async () => {
    const order: string[] = [];
    const result = await announced(
      async () => {
        await Promise.resolve();
        order.push('committed');
        return 'result';
      },
      async () => void order.push('announced'),
    );
    expect({ result, order }).toEqual({ result: 'result', order: ['committed', 'announced'] });
  });

  it('is announced also when nobody knows whether it was made', async () => {
    const announce = vi.fn(async () => {});
    const lost = () => Promise.reject(new Error('The connection broke.'));
    await expect(announced(lost, announce)).rejects.toThrow('The connection broke.');
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it('is not announced when it was refused', async () => {
    const announce = vi.fn(async () => {});
    await expect(announced(() => Promise.reject(new ForbiddenError()), announce)).rejects.toThrow(
      ForbiddenError,
    );
    expect(announce).not.toHaveBeenCalled();
  });

  it('is announced once when the announcement itself fails', async () => {
    const announce = vi.fn(() => Promise.reject(new Error('Nobody listens.')));
    await expect(announced(async () => 'result', announce)).rejects.toThrow('Nobody listens.');
    expect(announce).toHaveBeenCalledTimes(1);
  });
});

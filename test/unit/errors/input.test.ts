import { describe, expect, it } from 'vitest';
import { message, ValidationFailedError } from '../../../src/errors/index.ts';

describe('what is wrong with an input', () => {
  it('is said of twenty fields at most', () => {
    const problems = Array.from({ length: 10_000 }, (_, index) => ({
      path: ['permissions', index],
      message: message('field.invalid'),
    }));
    const error = new ValidationFailedError(problems);
    expect(error.details.fields).toHaveLength(20);
    expect(error.detailsIn('ko').fields).toHaveLength(20);
    expect(error.messageIn('en').length).toBeLessThan(1_000);
  });

  it('names fields by no more than the beginning of a very long name', () => {
    const error = new ValidationFailedError([
      { path: ['value', 'x'.repeat(100_000), 7], message: message('field.invalid') },
    ]);
    expect(error.details.fields).toMatchObject([{ path: ['value', 'x'.repeat(128), 7] }]);
    expect(error.message.length).toBeLessThan(1_000);
  });
});

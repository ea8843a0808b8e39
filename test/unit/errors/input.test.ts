import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConflictError, message, parseInput, ValidationFailedError } from '../../../src/errors/index.ts';

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

  it('is told with its path, a sentence in the client’s language, and a reason', () => {
    const error = new ValidationFailedError([
      { path: ['input', 'email'], message: message('field.email') },
      { path: ['input', 'password'], message: message('password.digit') },
    ]);
    expect(error.detailsIn('ko')).toEqual({
      fields: [
        {
          path: ['input', 'email'],
          message: '이메일 주소 형식이 올바르지 않습니다.',
          reason: 'INVALID_FORMAT',
        },
        { path: ['input', 'password'], message: '숫자를 하나 이상 포함해 주세요.', reason: 'TOO_WEAK' },
      ],
    });
  });

  it('is summed up in sentences alone, without a path', () => {
    const error = new ValidationFailedError([
      { path: ['input', 'email'], message: message('field.email') },
      { path: ['input', 'code'], message: message('field.required') },
      { path: ['input', 'name'], message: message('field.required') },
    ]);
    expect(error.messageIn('en')).toBe('Not an email address. This field is required.');
    expect(error.messageIn('ko')).toBe('이메일 주소 형식이 올바르지 않습니다. 필수 입력 항목입니다.');
  });

  it.each([
    ['null', { name: null }, 'REQUIRED'],
    ['missing', {}, 'REQUIRED'],
    ['of another type', { name: 5 }, 'INVALID_TYPE'],
  ])('is REQUIRED only of what is absent: %s', (_case, input, reason) => {
    try {
      parseInput(z.object({ name: z.string() }), input, ['input']);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ details: { fields: [{ path: ['input', 'name'], reason }] } });
    }
  });
});

describe('a conflict', () => {
  it('names the fields that are taken, in the client’s language', () => {
    const path = ['input', 'code'];
    const error = new ConflictError({
      reason: 'TAKEN',
      fields: [{ path, message: message('taken.code') }],
    });
    expect(error.detailsIn('ko')).toEqual({
      reason: 'TAKEN',
      fields: [{ path, message: '이미 사용 중인 코드입니다.', reason: 'TAKEN' }],
    });
    expect(error.messageIn('en')).toBe('This code is already in use.');
  });

  it('counts what depends on the row, and says so', () => {
    const dependents = [{ type: 'User', count: 2 }] as const;
    const error = new ConflictError({ reason: 'IN_USE', dependents });
    expect(error.details).toEqual({ reason: 'IN_USE', dependents });
    expect(error.messageIn('ko')).toContain('사용자 2명');
  });

  it('tells no number of what the viewer may not count', () => {
    const error = new ConflictError({ reason: 'IN_USE', dependents: undefined });
    expect(error.details).toEqual({ reason: 'IN_USE' });
    expect(error.message).not.toMatch(/\d/);
  });

  it('spells a status as the schema does', () => {
    const said = message('tenant.jobNotFailed', { status: message('status.queued') });
    const error = new ConflictError({ reason: 'WRONG_STATE', status: 'queued', message: said });
    expect(error.details).toEqual({ reason: 'WRONG_STATE', status: 'QUEUED' });
  });
});

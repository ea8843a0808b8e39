import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/logging/logger.ts';

function logged(format: 'json' | 'text', write: (logger: ReturnType<typeof createLogger>) => void): string {
  let output = '';
  write(
    createLogger(
      { level: 'info', format },
      {
        write: (line) => {
          output += line;
        },
      },
    ),
  );
  return output;
}

describe.each(['json', 'text'] as const)('the %s log', (format) => {
  it('keeps passwords and tokens out, wherever a caller puts them', () => {
    const output = logged(format, (logger) =>
      logger.info(
        { password: 'hunter2', user: { passwordHash: 'hunter2' }, request: { authorization: 'hunter2' } },
        'x',
      ),
    );
    expect(output).not.toContain('hunter2');
    expect(output).toContain('[secret]');
  });

  it.each([
    'password',
    'newPassword',
    'currentPassword',
    'temporaryPassword',
    'oneTimePassword',
    'passwordHash',
    'accessToken',
    'refreshToken',
    'authorization',
    'cookie',
    'set-cookie',
    'datasourceUrl',
  ])('keeps %s out, as deep as a request’s variables have it', (key) => {
    const secret = { [key]: 'hunter2' };
    const output = logged(format, (logger) =>
      logger.info({ ...secret, a: secret, b: { input: secret }, c: { variables: { input: secret } } }, 'x'),
    );
    expect(output).not.toContain('hunter2');
    expect(output.split('[secret]')).toHaveLength(5);
  });

  it('cuts passwords out of connection URLs in errors and their stacks', () => {
    const output = logged(format, (logger) =>
      logger.error({ err: new Error('no route to postgresql://acme:hunter2@db:5432/acme') }, 'lost'),
    );
    expect(output).not.toContain('hunter2');
    expect(output).toContain('postgresql://acme:[secret]@db:5432/acme');
  });
});

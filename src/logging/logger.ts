import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** The format of the log: `json` for machines, `text` for people. */
export interface LoggingOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly format: 'json' | 'text';
}

/** Keys whose values are never logged, at any depth of an entry. */
const secretKeys = [
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
  '["set-cookie"]',
  'datasourceUrl',
];

/** Deep enough for `{request: {variables: {input: {…}}}}`. */
const secretPaths = secretKeys.flatMap((key) => {
  const member = key.startsWith('[') ? key : `.${key}`;
  return [key, ...['*', '*.*', '*.*.*'].map((parents) => `${parents}${member}`)];
});

/**
 * Creates the process's logger, which writes each entry to `destination` (standard output by default) as a JSON object
 * or a line of text.
 */
export function createLogger(options: LoggingOptions, destination?: DestinationStream): Logger {
  const output = destination ?? process.stdout;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[secret]' },
      serializers: { err: describeError },
    },
    options.format === 'json' ? output : textLines(output),
  );
}

/** Removes passwords in connection URLs, which messages may quote. */
const urlPassword = /(\w+:\/\/[^\s:/@]*):[^\s@]*@/g;

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const described = pino.stdSerializers.err(error);
  return {
    type: described.type,
    message: described.message.replace(urlPassword, '$1:[secret]@'),
    stack: described.stack.replace(urlPassword, '$1:[secret]@'),
    ...('code' in error ? { code: error.code } : {}),
  };
}

function textLines(output: DestinationStream): DestinationStream {
  return {
    write(line: string) {
      const { level, time, msg, err, ...rest } = JSON.parse(line);
      const facts = Object.entries(rest)
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ');
      const trace = err?.stack ? `\n${err.stack}` : '';
      output.write(
        `${time} ${String(level).toUpperCase().padEnd(5)} ${msg ?? ''}${facts ? ` ${facts}` : ''}${trace}\n`,
      );
    },
  };
}

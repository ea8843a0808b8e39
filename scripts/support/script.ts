import { SchemaEngineError } from '@cxg/prisma-schema-engine';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { ConfigurationError } from '../../src/config/configuration-error.ts';
import { issueMessage, say } from '../../src/errors/index.ts';
import { reasonOf } from '../../src/errors/reason.ts';

/** Beside a flag, a column of descriptions is still readable at this width; narrower ones are not wrapped. */
const narrowestColumn = 20;

/**
 * Creates a command-line program with the flags that every script has.
 * @param description paragraphs, each after a blank line. Their line breaks don't count: the help is as wide as the
 * terminal.
 */
export function script(name: string, description: string): Command {
  return new Command(name)
    .description(joinLines(description))
    .configureHelp({ minWidthToWrap: narrowestColumn })
    .option('--json', 'print the result as JSON, and no progress');
}

/**
 * Runs the script: its action returns the process's exit code. A failure is told in one sentence on standard
 * error, or with `--json` as `{"error": …}` on standard output, and exits with 1.
 */
export async function runScript(program: Command, main: () => Promise<number>): Promise<void> {
  program.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    assertReadable(process.argv);
    program.parse();
    process.exitCode = await main();
  } catch (error) {
    // After --help.
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const reason = inPlainQuotes(describeFailure(error));
    // Not the parsed flags alone: these may be what is wrong.
    if (program.opts().json || process.argv.includes('--json')) printJson({ error: reason });
    else process.stderr.write(`${program.name()}: ${reason}\n`);
    process.exitCode = 1;
  }
}

function joinLines(paragraphs: string): string {
  return paragraphs
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*/g, ' '))
    .join('\n\n');
}

/** Refuses arguments that are not UTF-8: their replacement characters would be stored as text that nobody wrote. */
function assertReadable(args: readonly string[]): void {
  if (args.some((argument) => argument.includes('\ufffd'))) {
    throw new UsageError('The flags must be UTF-8: check the locale of the terminal.');
  }
}

/** The flags are not usable; the message says which, and what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Checks the flags, as the schema names them in camel case. @throws {UsageError} naming every one that is wrong or missing. */
export function parseFlags<T extends z.ZodType>(
  schema: T,
  given: Readonly<Record<string, unknown>>,
): z.output<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (given[name] === undefined) return `${flag} is missing.`;
    const message = issueMessage(issue);
    // What is set in the environment, too, has messages of its own.
    return issue.code === 'custom' && message.key === 'field.invalid'
      ? `${flag} ${issue.message}.`
      : `${flag}: ${say(message, 'en')}`;
  });
  throw new UsageError(problems.join(' '));
}

/** Writes one JSON document to standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes one line to standard output. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A count with its noun, in the singular for one. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Tells on standard error what went wrong although the work was done. */
export function warn(program: Command, problem: string): void {
  process.stderr.write(`${program.name()}: Warning: ${problem}\n`);
}

/**
 * The parser of a flag that may be repeated: adds the value to the earlier ones. It has no default value: the help
 * would show an empty list.
 */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** Returns a flag's parser: a whole number between two bounds. */
export function wholeNumber(minimum: number, maximum: number): (value: string) => number {
  const schema = z.coerce.number().int().min(minimum).max(maximum);
  return (value) => {
    const result = /^-?\d+$/.test(value) ? schema.safeParse(value) : { success: false as const };
    if (!result.success) throw new InvalidArgumentError(`Use a whole number from ${minimum} to ${maximum}.`);
    return result.data;
  };
}

/** The API's own sentences are set as for print; a terminal may have no such characters. */
function inPlainQuotes(text: string): string {
  return text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
}

function describeFailure(error: unknown): string {
  if (error instanceof CommanderError) return sentence(error.message.replace(/^error: /, ''));
  if (error instanceof ConfigurationError || error instanceof UsageError) return error.message;
  if (error instanceof z.ZodError) return error.issues.map(({ message: problem }) => problem).join(' ');
  // It says several things, each on lines of their own.
  if (error instanceof SchemaEngineError) return error.message.trim().replaceAll(/\s+/g, ' ');
  return reasonOf(error);
}

/** Brings a message of commander's into the form of ours. */
function sentence(message: string): string {
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}`.replaceAll('\n', ' ');
  return /[.?!)]$/.test(text) ? text : `${text}.`;
}

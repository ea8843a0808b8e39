import type { Command } from 'commander';
import type { DatabaseNotReadyError } from '../../src/tenancy/provisioning/existing-database/existing-database.ts';
import { findingsAsScript } from '../../src/tenancy/provisioning/existing-database/finding.ts';
import { print, printJson } from './script.ts';

/** Tells what an operator's database lacks. The statements go to standard output, where they can be taken from. */
export function printNotReady(
  program: Command,
  { message, missing }: Pick<DatabaseNotReadyError, 'message' | 'missing'>,
): void {
  if (program.opts().json) printJson({ error: message, missing });
  else {
    print(findingsAsScript(missing));
    process.stderr.write(`${program.name()}: ${message}\n`);
  }
}

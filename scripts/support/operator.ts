import type { Command } from 'commander';
import { z } from 'zod';
import { readOperator } from '../../src/config/script-environment.ts';
import { textSchema } from '../../src/db/text.ts';
import { type Operator, processAccount } from '../../src/tenancy/operator.ts';
import { parseFlags, script, UsageError } from './script.ts';
import { type ScriptTools, withScriptTools } from './script-database.ts';

const operatorSchema = z.object({ operator: textSchema(255) });

/** Creates a script whose work the audit logs record, with an option for the name of whoever runs it. */
export function operatorScript(name: string, description: string): Command {
  return script(name, description).option(
    '--operator <name>',
    'who does this, as the audit logs name them (default: OPERATOR, or the account that runs it)',
  );
}

/** The name of whoever runs the program. @throws {UsageError} for an invalid name. */
export function operatorName(program: Command): string {
  const { operator } = program.opts();
  const named: unknown = operator ?? readOperator() ?? processAccount();
  // Node.js puts it where the environment's bytes aren't UTF-8; of the flags, runScript has seen to that.
  if (String(named).includes('\ufffd')) {
    throw new UsageError('OPERATOR must be UTF-8: check the locale of the terminal, or use --operator.');
  }
  return parseFlags(operatorSchema, { operator: named }).operator;
}

/** Runs {@link withScriptTools} in the name of whoever runs the program. */
export async function withOperatorTools<T>(
  program: Command,
  work: (tools: ScriptTools & { readonly operator: Operator }) => Promise<T>,
): Promise<T> {
  const operator: Operator = { kind: 'script', name: operatorName(program) };
  return withScriptTools(program, (tools) => work({ ...tools, operator }));
}

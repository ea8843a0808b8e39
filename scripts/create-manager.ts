import { z } from 'zod';
import { isPublishedPassword } from '../src/auth/published-passwords.ts';
import { isProduction, readManagerPassword } from '../src/config/script-environment.ts';
import { textSchema } from '../src/db/text.ts';
import {
  createManager,
  type ManagerCredentials,
  newManagerSchema,
  resetManagerPassword,
  unlockManager,
} from '../src/tenancy/platform/manager-accounts.ts';
import { operatorName, operatorScript } from './support/operator.ts';
import { parseFlags, print, printJson, runScript, UsageError } from './support/script.ts';
import { withScriptTools } from './support/script-database.ts';
import { readJsonFromStandardInput } from './support/standard-input.ts';

const program = operatorScript(
  'create-manager',
  `Creates a platform manager, who signs in with the mutation login without a tenantKey.

Without a password, one is generated, single-use and valid for 72 hours, and shown once. A password may also come from
MANAGER_PASSWORD, or as JSON {"password": "…"} on standard input with --password-stdin, so that it doesn't appear in a
process list.`,
)
  .option('--username <name>', 'the username (required)')
  .option('--email <address>', 'the email address (required for a new manager)')
  .option('--full-name <name>', 'the display name (required for a new manager)')
  .option('--password <password>', 'the password (better: MANAGER_PASSWORD or --password-stdin)')
  .option('--password-stdin', 'read the password from standard input')
  .option('--reset-password', 'set a one-time password for an existing manager and end their sessions')
  .option('--unlock', 'unlock an existing manager after failed sign-ins');

const switchesSchema = z.object({
  json: z.boolean().default(false),
  passwordStdin: z.boolean().default(false),
  resetPassword: z.boolean().default(false),
  unlock: z.boolean().default(false),
});

const passwordSchema = z.strictObject({ password: z.string() });

await runScript(program, async () => {
  const flags = program.opts();
  const { json, passwordStdin, resetPassword, unlock } = switchesSchema.parse(flags);
  if (unlock) {
    const { username, unlocked } = await unlockOne(flags);
    if (json) printJson({ outcome: unlocked ? 'unlocked' : 'unchanged', username });
    else print(unlocked ? `Manager ${username} can sign in again.` : `Manager ${username} was not locked.`);
    return 0;
  }
  const credentials = resetPassword ? await reset(flags) : await create(flags, passwordStdin);
  const { id, username, oneTimePassword } = credentials;
  const outcome = resetPassword ? 'password-reset' : 'created';
  if (json) printJson({ outcome, id, username, oneTimePassword });
  else printOutcome(credentials, resetPassword);
  return 0;
});

async function create(
  flags: Readonly<Record<string, unknown>>,
  passwordStdin: boolean,
): Promise<ManagerCredentials> {
  const manager = parseFlags(newManagerSchema, {
    password: readManagerPassword(),
    ...(passwordStdin ? await readJsonFromStandardInput(passwordSchema, '{"password": "…"}') : {}),
    ...flags,
  });
  if (manager.password != null && isProduction() && isPublishedPassword(manager.password)) {
    throw new UsageError('--password: this is an example from the documentation; choose another one.');
  }
  const operator = operatorName(program);
  return withScriptTools(program, (tools) => createManager(tools, manager, operator));
}

async function unlockOne(flags: Readonly<Record<string, unknown>>) {
  const username = usernameAlone('--unlock', flags, 'resetPassword');
  const operator = operatorName(program);
  return withScriptTools(program, (tools) => unlockManager(tools, username, operator));
}

/** Reads the username, and refuses other flags with the option. */
function usernameAlone(option: string, flags: Readonly<Record<string, unknown>>, ...more: string[]): string {
  for (const flag of ['email', 'fullName', 'password', 'passwordStdin', ...more]) {
    if (flags[flag] !== undefined) {
      throw new UsageError(`${option} takes no other flags than --username, --operator and --json.`);
    }
  }
  return parseFlags(z.object({ username: textSchema(64) }), flags).username;
}

async function reset(flags: Readonly<Record<string, unknown>>): Promise<ManagerCredentials> {
  const username = usernameAlone('--reset-password', flags);
  const operator = operatorName(program);
  return withScriptTools(program, (tools) => resetManagerPassword(tools, username, operator));
}

function printOutcome({ username, oneTimePassword }: ManagerCredentials, resetPassword: boolean): void {
  print(resetPassword ? `Manager ${username} has a new password.` : `Manager ${username} was created.`);
  if (oneTimePassword !== null) {
    print(`The password is ${oneTimePassword}`);
    print(
      'It is single-use and expires after 72 hours: the first "login" must also send "newPassword". It is not shown again.',
    );
  }
}

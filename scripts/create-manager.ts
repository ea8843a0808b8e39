import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { readManagerPassword } from '../src/config/environment.ts';
import {
  createManager,
  type ManagerCredentials,
  managerUsernameSchema,
  newManagerSchema,
  resetManagerPassword,
  unlockManager,
} from '../src/tenancy/platform/manager-accounts.ts';
import { withFleetTools } from './support/fleet-tools.ts';
import { operatorName } from './support/operator-name.ts';
import { parseFlags, print, printJson, runScript, script, UsageError } from './support/script.ts';

const program = script(
  'create-manager',
  `Makes a manager of the platform, who signs in with the mutation login without a tenantKey.

Without a password, one is made up that is good for one sign-in within 72 hours, and shown once. A password may
also come from MANAGER_PASSWORD, or as JSON {"password": "…"} on standard input with --password-stdin, so that it
need not stand in a process list.`,
)
  .requiredOption('--username <name>', 'the name to sign in with')
  .option('--email <address>', 'the email address (needed for a new manager)')
  .option('--full-name <name>', 'the name to show (needed for a new manager)')
  .option('--password <password>', 'the password (better: MANAGER_PASSWORD or --password-stdin)')
  .option('--password-stdin', 'read the password from standard input')
  .option(
    '--reset-password',
    'give an existing manager a one-time password; their sessions end, and nothing else is changed',
  )
  .option('--unlock', 'let an existing manager sign in again whom failed sign-ins have locked');

const switchesSchema = z.object({
  json: z.boolean().default(false),
  passwordStdin: z.boolean().default(false),
  resetPassword: z.boolean().default(false),
  unlock: z.boolean().default(false),
});

await runScript(program, async () => {
  const flags = program.opts();
  const { json, passwordStdin, resetPassword, unlock } = switchesSchema.parse(flags);
  if (unlock) {
    const { username } = await unlockOne(flags);
    if (json) printJson({ outcome: 'unlocked', username });
    else print(`Manager ${username} may sign in again.`);
    return 0;
  }
  const credentials = resetPassword ? await reset(flags) : await create(flags, passwordStdin);
  if (json) printJson({ outcome: resetPassword ? 'password-reset' : 'created', ...credentials });
  else printOutcome(credentials, resetPassword);
  return 0;
});

async function create(
  flags: Readonly<Record<string, unknown>>,
  passwordStdin: boolean,
): Promise<ManagerCredentials> {
  const manager = parseFlags(newManagerSchema, {
    password: readManagerPassword(),
    ...(passwordStdin ? await readPasswordFromStandardInput() : {}),
    ...flags,
  });
  return withFleetTools(({ central }) => createManager(central, manager, operatorName()));
}

async function unlockOne(flags: Readonly<Record<string, unknown>>) {
  const username = usernameAlone('--unlock', flags, 'resetPassword');
  return withFleetTools(({ central }) => unlockManager(central, username, operatorName()));
}

/** The username, which is all that the option goes with. */
function usernameAlone(option: string, flags: Readonly<Record<string, unknown>>, ...more: string[]): string {
  for (const flag of ['email', 'fullName', 'password', 'passwordStdin', ...more]) {
    if (flags[flag] !== undefined) {
      throw new UsageError(`${option} takes no other flags than --username and --json.`);
    }
  }
  return parseFlags(z.object({ username: managerUsernameSchema }), flags).username;
}

async function reset(flags: Readonly<Record<string, unknown>>): Promise<ManagerCredentials> {
  const username = usernameAlone('--reset-password', flags);
  return withFleetTools(async ({ central, invalidateManagers }) => {
    const credentials = await resetManagerPassword(central, username, operatorName());
    await invalidateManagers();
    return credentials;
  });
}

async function readPasswordFromStandardInput(): Promise<{ password: string }> {
  try {
    return z.strictObject({ password: z.string() }).parse(JSON.parse(await text(process.stdin)));
  } catch {
    throw new UsageError('Standard input must be JSON such as {"password": "…"}.');
  }
}

function printOutcome({ username, oneTimePassword }: ManagerCredentials, resetPassword: boolean): void {
  print(resetPassword ? `Manager ${username} has a new password.` : `Manager ${username} was created.`);
  if (oneTimePassword !== null) {
    print(`The password is ${oneTimePassword}`);
    print(
      'It is good for one sign-in within 72 hours, which has to bring "newPassword". It is not shown again.',
    );
  }
}

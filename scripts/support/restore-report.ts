import type { EndedSecrets } from '../../src/tenancy/restore/handed-out-secrets.ts';
import type { AccessChanges } from '../../src/tenancy/restore/restore-access.ts';
import { counted, print } from './script.ts';

/** More names than this are only counted when nobody has asked for them. */
const namesAtMost = 4;

/** Prints what was done to roles and to a database, or would be; of many things the number, unless in full. */
export function printChanges(
  changes: AccessChanges & { readonly migrations: readonly string[] },
  inFull: boolean,
): void {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['roles created', changes.rolesCreated],
    ["roles marked as the tenant's", changes.rolesMarked],
    ['recorded passwords set', changes.passwordsSet],
    ['other passwords withdrawn', changes.signInsWithdrawn],
    ['settings of roles', changes.roleSettings],
    ['given to the owner', changes.owners],
    ['owners or privileges changed', changes.privileges],
    ['migrations', changes.migrations],
  ];
  for (const [what, names] of lines) {
    if (names.length === 0) continue;
    const isListed = inFull || names.length <= namesAtMost;
    print(`  ${what}: ${isListed ? names.join(', ') : counted(names.length, 'object')}`);
  }
}

/** Prints what no longer opens anything. */
export function printEnded({ sessions, oneTimePasswords }: EndedSecrets): void {
  print(`  ended: ${counted(sessions, 'session')}, ${counted(oneTimePasswords, 'one-time password')}`);
}

/** Prints the statements that are left for a superuser. */
export function printStatements(statements: readonly string[]): void {
  if (statements.length === 0) return;
  print(
    'Only a superuser can do the rest. Run these statements in the database as a superuser, and then this script again:',
  );
  for (const statement of statements) print(`  ${statement}`);
}

import pMap from 'p-map';
import { generatePassword, hashPassword } from '../../../src/auth/password.ts';
import { samplePassword } from '../../../src/auth/published-passwords.ts';
import type { TenantDatabase } from '../../../src/db/tenant-client.ts';

/** The time for which a sample user's own password waits for its one sign-in. */
const ownPasswordHours = 72;

/** A password and the columns that are stored for it. */
export interface SamplePassword {
  readonly password: string;
  readonly columns: {
    readonly passwordHash: string;
    readonly mustChangePassword: boolean;
    readonly passwordExpiresAt: Date | null;
  };
}

/** Prepares the passwords of those users who don't exist yet, by id. */
export async function makePasswords(
  db: TenantDatabase,
  userIds: readonly string[],
  own: boolean,
): Promise<ReadonlyMap<string, SamplePassword>> {
  const found = await db.user.findMany({ where: { id: { in: [...userIds] } }, select: { id: true } });
  const known = new Set(found.map(({ id }) => id));
  const missing = userIds.filter((id) => !known.has(id));
  if (!own) {
    const passwordHash = await hashPassword(samplePassword);
    const columns = { passwordHash, mustChangePassword: false, passwordExpiresAt: null };
    return new Map(missing.map((id) => [id, { password: samplePassword, columns }]));
  }
  const passwordExpiresAt = new Date(Date.now() + ownPasswordHours * 3_600_000);
  const made = await pMap(
    missing,
    async (id) => {
      const password = generatePassword();
      const passwordHash = await hashPassword(password);
      return [
        id,
        { password, columns: { passwordHash, mustChangePassword: true, passwordExpiresAt } },
      ] as const;
    },
    // Each hash takes 19 MiB.
    { concurrency: 4 },
  );
  return new Map(made);
}

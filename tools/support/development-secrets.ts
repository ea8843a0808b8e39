import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const secretsSchema = z.object({ SECRET_KEY: z.string(), CREDENTIALS_ENCRYPTION_KEY: z.string() });

/**
 * The keys of a development server, made at its first start and kept in `file`, which only its owner may
 * read: tokens and stored credentials are still good after a restart.
 */
export async function developmentSecrets(file: string): Promise<z.output<typeof secretsSchema>> {
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return secretsSchema.parse(JSON.parse(kept));
  const secrets = {
    SECRET_KEY: randomBytes(48).toString('base64'),
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return secrets;
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns an identifier of the program in a folder: a digest of all its files. */
export function programBuild(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) {
    const content = readFileSync(path);
    hash.update(`${path.slice(folder.length)}\n${content.length}\n`).update(content);
  }
  return hash.digest('base64url');
}

import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The first program of that name on PATH; undefined when there is none. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, name);
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) {
      return candidate;
    }
  }
  return undefined;
}

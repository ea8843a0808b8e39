import { access, constants, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';

const memory = '/dev/shm';

/** A run keeps up to a hundred databases of 8 MB, and a log of writes of 1 GB. Containers often have only 64 MB there. */
const neededBytes = 4 * 1_024 ** 3;

/** Every folder that {@link volatileFolder} may return. */
export const volatileFolders: readonly string[] = [memory, tmpdir()];

/**
 * The folder for data that nobody needs after the run: in memory where there is room, because making and dropping a
 * database, of some 300 files, takes two to four times as long on a disk.
 */
export async function volatileFolder(): Promise<string> {
  try {
    await access(memory, constants.W_OK);
    const { bavail, bsize } = await statfs(memory);
    // In a container, the file system may be larger than the memory.
    if (Math.min(bavail * bsize, process.availableMemory()) >= neededBytes) return memory;
  } catch {
    // Only Linux has it.
  }
  return tmpdir();
}

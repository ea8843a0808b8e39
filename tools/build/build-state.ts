import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The record of a build in its folder. */
export const recordName = 'build.json';

const inputSchema = z.object({ bytes: z.number(), modifiedAt: z.number(), digest: z.string() });

const recordSchema = z.object({
  inputs: z.record(z.string(), inputSchema),
  /** Packages that the build needs beside it in `node_modules`. */
  packages: z.array(z.string()),
});

/** The sources of a build. */
export type BuildRecord = z.infer<typeof recordSchema>;

/** Describes a build by the files that it is made from, given from the project's folder. */
export function recordOf(
  projectFolder: string,
  files: readonly string[],
  packages: readonly string[],
): BuildRecord {
  return {
    packages: [...packages],
    inputs: Object.fromEntries(
      files.map((file) => {
        const path = join(projectFolder, file);
        const { size, mtimeMs } = statSync(path);
        return [file, { bytes: size, modifiedAt: mtimeMs, digest: digestOf(path) }];
      }),
    ),
  };
}

/**
 * Says what a build lacks: returns the first of its sources that is another one by now, or the build's own record if
 * that is missing; null when it is up to date, also where there are no sources to compare with, as in the image.
 */
export function outdatedBy(projectFolder: string, buildFolder: string): string | null {
  if (!existsSync(join(projectFolder, 'src/main.ts'))) return null;
  const record = readRecord(join(buildFolder, recordName));
  if (!record) return recordName;
  const changed = Object.entries(record.inputs).find(([file, input]) =>
    hasChanged(join(projectFolder, file), input),
  );
  return changed?.[0] ?? null;
}

function readRecord(path: string): BuildRecord | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

function hasChanged(path: string, { bytes, modifiedAt, digest }: z.infer<typeof inputSchema>): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now?.size !== bytes) return true;
  // A copy of the project has other times, and the same contents.
  return now.mtimeMs !== modifiedAt && digestOf(path) !== digest;
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

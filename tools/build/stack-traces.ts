import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readMappings, type SourcePosition } from './source-mappings.ts';

/** Finds the place in the sources of a place in a file of the build; null when there is none. */
type Locate = (line: number, column: number) => SourcePosition | null;

/**
 * Maps stack traces of the files in `folder` to the sources. Maps are only read once a stack trace is asked for, into 6
 * MB. Node.js's own way (`setSourceMapsEnabled`) reads them at the start, and takes 40 MB and 0.3 s at the first error.
 */
export function nameSourcesInStackTraces(folder: string): void {
  const located = new Map<string, Locate>();
  const prefix = pathToFileURL(`${resolve(folder)}/`).href;
  const place = new RegExp(
    `${prefix.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?<file>[^:()]+):(?<line>\\d+):(?<column>\\d+)`,
  );

  const inSources = (frame: string): string =>
    frame.replace(place, (built, file: string, line: string, column: string) => {
      const path = fileURLToPath(`${prefix}${file}`);
      const locate = located.get(path) ?? readMap(path);
      located.set(path, locate);
      const found = locate(Number(line), Number(column));
      return found ? `${resolve(dirname(path), found.source)}:${found.line}:${found.column}` : built;
    });

  Error.prepareStackTrace = (error, callSites) =>
    [Error.prototype.toString.call(error), ...callSites.map((site) => inSources(`    at ${site}`))].join(
      '\n',
    );
}

/** Reads the map beside a file. Without one, its places stay as they are: an error is being described already. */
function readMap(path: string): Locate {
  try {
    return readMappings(readFileSync(`${path}.map`, 'utf8'));
  } catch {
    return () => null;
  }
}

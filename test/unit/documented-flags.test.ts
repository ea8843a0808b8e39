import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The source of a script, with what it imports from a folder support, where flags that scripts share are declared. */
function sourceOf(script: string): string {
  const source = textOf(script);
  const shared = [...source.matchAll(/from '(\.{1,2}\/[a-z/]*support\/[a-z-]+\.ts)'/g)].map(([, path = '']) =>
    textOf(join(dirname(script), path)),
  );
  return [source, ...shared].join('\n');
}

const flagsIn = (text: string) => [
  ...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag)),
];

const documents = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)].filter(
  // The notes on upgrading name what is gone.
  (path) => path.endsWith('.md') && path !== 'docs/upgrading.md',
);

/** The flags that a document gives to scripts: in commands, joined lines included, and in a row about one script. */
const mentions = documents.flatMap((path) =>
  textOf(path)
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const scripts = new Set(line.match(/(?:scripts|tools)\/[a-z-]+\.ts/g));
      const [script] = scripts;
      if (script === undefined || scripts.size > 1) return [];
      return flagsIn(line).map((flag) => ({ path, script, flag }));
    }),
);

describe('a flag that a document gives to a script', () => {
  it.each(mentions)('exists: $script $flag ($path)', ({ script, flag }) => {
    // Commander itself adds `--help`.
    expect(['--help', ...flagsIn(sourceOf(script))]).toContain(flag);
  });

  it('is found in the documents', () => {
    expect(mentions.length).toBeGreaterThan(30);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The source of a script, with what it imports from scripts/support, where flags that scripts share are declared. */
function sourceOf(script: string): string {
  const source = textOf(`scripts/${script}.ts`);
  const shared = [...source.matchAll(/from '\.\/(support\/[a-z-]+\.ts)'/g)].map(([, path]) => path);
  return [source, ...shared.map((path) => textOf(`scripts/${path}`))].join('\n');
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
      const scripts = new Set([...line.matchAll(/scripts\/([a-z-]+)\.ts/g)].map(([, name = '']) => name));
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

import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const guide = await read('docs/adding-a-module.md');
const folder = 'src/modules/assets/';
const sources = await Promise.all(
  [
    'prisma/hrm.prisma',
    'src/catalogue/entities.ts',
    'src/errors/messages/english.ts',
    'src/schema.ts',
    ...(await readdir(new URL(`../../${folder}`, import.meta.url))).map((name) => `${folder}${name}`),
  ].map(read),
);

/** Lines without indentation, blank ones and the comments that the guide leaves out. */
const essence = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('///') && !line.startsWith('/**'))
    .join('\n');

const blocks = [...guide.matchAll(/^```(?:ts|prisma)\n(.*?)^```$/gms)].map(([, block = '']) => block);

it('the guide has the module from its model to its place in the schema', () => {
  expect(blocks.length).toBeGreaterThan(7);
});

it.each(blocks.map((block) => [block.trim().split('\n')[0], block] as const))(
  'what the guide shows is what the module consists of: %s',
  (_title, block) => {
    const lines = essence(block).split('\n');
    expect(sources.some((source) => lines.every((line) => essence(source).split('\n').includes(line)))).toBe(
      true,
    );
  },
);

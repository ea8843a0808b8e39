import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { furtherPermissions } from '../../../src/catalogue/entities.ts';
import { isMessageKey, say, sayAll } from '../../../src/errors/messages/catalogue.ts';
import { english } from '../../../src/errors/messages/english.ts';
import { korean } from '../../../src/errors/messages/korean.ts';
import { message } from '../../../src/errors/messages/message.ts';
import { ProvisioningJobStatus, TenantStatus } from '../../../src/generated/central/enums.ts';

const texts = { en: new Map(Object.entries(english)), ko: new Map(Object.entries(korean)) };
const keys = [...texts.en.keys()];

/** Texts that only occur inside other messages. */
const isFragment = (key: string) => /^(dependents|status|type|resource|permission|systemRole)\./.test(key);

const placeholdersIn = (text = '') => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

interface SourceFile {
  readonly name: string;
  readonly content: string;
}

/** Every file of src but what is generated and the catalogue itself, without comments. */
async function readSources(): Promise<SourceFile[]> {
  const root = new URL('../../../src/', import.meta.url);
  const names = (await readdir(root, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('generated/') && !name.startsWith('errors/messages/'),
  );
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      content: (await readFile(new URL(name, root), 'utf8')).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
    })),
  );
}

const sources = await readSources();

/** The pattern of names in the catalogue, e.g. `'field.email'`. */
const sections = [...new Set(keys.map((key) => key.split('.')[0]))].join('|');
const literals = sources.flatMap(({ name, content }) =>
  [...content.matchAll(new RegExp(`['"\`]((?:${sections})\\.[A-Za-z]+)['"\`]`, 'g'))].map(
    ([, key = '']) => [key, name] as const,
  ),
);

/** Names that are put together, e.g. `conflict.${field}`: the beginning, and the file that says what may follow. */
const composed = sources.flatMap((source) =>
  [...source.content.matchAll(new RegExp(`\`((?:${sections})\\.)\\$\\{`, 'g'))].map(
    ([, prefix = '']) => [prefix, source] as const,
  ),
);

const statuses: readonly string[] = [...Object.values(TenantStatus), ...Object.values(ProvisioningJobStatus)];

/** Fragments are chosen by what is in the database, or by another file than the one that says them. */
function isUsedFragment(key: string): boolean {
  const [section, name = ''] = key.split('.');
  const isSaid = sources.some(({ content }) => content.includes(`'${name}'`));
  return isSaid || (section === 'status' && statuses.includes(name));
}

const permissionKeys = furtherPermissions.map((code) => `permission.${code}`);

const isUsed = (key: string) =>
  (isFragment(key) && isUsedFragment(key)) ||
  permissionKeys.some((permission) => permission === key) ||
  literals.some(([literal]) => literal === key) ||
  composed.some(
    ([prefix, { content }]) => key.startsWith(prefix) && content.includes(`'${key.slice(prefix.length)}'`),
  );

describe('the catalogue', () => {
  it('has the same names in both languages, in the same order', () => {
    expect([...texts.ko.keys()]).toEqual(keys);
  });

  it.each(keys)('asks for the same facts in both languages: %s', (key) => {
    expect(placeholdersIn(texts.ko.get(key))).toEqual(placeholdersIn(texts.en.get(key)));
  });

  it.each(keys)('says something in English that is English: %s', (key) => {
    expect(texts.en.get(key)).toMatch(/^[^\p{Script=Hangul}]+$/u);
    expect(texts.en.get(key)?.trim()).toBe(texts.en.get(key));
  });

  it.each(keys)('says something in Korean that is Korean, in the polite form: %s', (key) => {
    const text = texts.ko.get(key) ?? '';
    expect(text).toMatch(/\p{Script=Hangul}/u);
    if (isFragment(key)) return;
    expect(text).toMatch(/(니다|주세요|마세요)(\([^()]*\))?\.$/u);
    expect(text).not.toMatch(/(한다|된다|이다|없다|있다|해라|하라|해요|돼요)[.!]/u);
  });

  // Several of them may stand in one line.
  it.each(keys.filter((key) => !isFragment(key)))('says a sentence with its full stop: %s', (key) => {
    expect(texts.en.get(key)).toMatch(/\.$/);
    expect(texts.ko.get(key)).toMatch(/\.$/);
  });

  it.each(keys)('has the quotes and apostrophes of print in both languages: %s', (key) => {
    for (const text of [texts.en.get(key), texts.ko.get(key)]) expect(text).not.toMatch(/["'`‘]/);
  });

  it('has no name that the source never says', () => {
    expect(keys.filter((key) => !isUsed(key))).toEqual([]);
  });

  it('has every name that the source mentions', () => {
    // What the audit log calls changes of tenants looks the same, and nothing else does.
    const actions = /^tenant\.(suspend|resume|update|enter|provision)$/;
    expect(literals.filter(([key]) => !isMessageKey(key) && !actions.test(key))).toEqual([]);
  });

  it('puts every fact where it belongs, in both languages', () => {
    const said = message('conflict.seats', { maxUsers: 3 });
    expect(say(said, 'en')).toContain('All 3 seats');
    expect(say(said, 'ko')).toContain('3');
  });

  it('puts messages that are facts of others into the same language', () => {
    const said = message('conflict.inUse', {
      dependents: [message('dependents.User', { count: 3 }), message('dependents.Department', { count: 2 })],
    });
    expect(say(said, 'en')).toContain('(users: 3, departments: 2)');
    expect(say(said, 'ko')).toContain('(사용자 3명, 하위 부서 2개)');
  });

  it('says the same only once', () => {
    const problem = message('field.required');
    expect(sayAll([problem, message('field.email'), problem], 'en')).toBe(
      'This field is required. Not an email address.',
    );
  });

  it('takes facts as they are, whatever is in them', () => {
    const said = { key: 'done.deleted', facts: { type: 'user', name: '$& {name} $1' } } as const;
    expect(say(said, 'en')).toBe('The user “$& {name} $1” was deleted.');
  });

  it('knows no names that every object has', () => {
    expect(['constructor', '__proto__', 'toString', ''].filter(isMessageKey)).toEqual([]);
  });
});

describe('the source', () => {
  it('leaves no sentence to an error’s constructor: what clients read is in the catalogue', async () => {
    const classes = sources
      .filter(({ name }) => name.startsWith('errors/'))
      .flatMap(({ content }) => [...content.matchAll(/export class (\w+) extends AppError/g)])
      .map(([, name]) => name);
    expect(classes.length).toBeGreaterThan(15);
    const written = new RegExp(`new (${classes.join('|')})\\(\\s*['"\`][^'"\`]*\\s`);
    expect(sources.filter(({ content }) => written.test(content)).map(({ name }) => name)).toEqual([]);
  });

  it('leaves no sentence to the answer of a mutation', () => {
    const answers = sources.flatMap(({ name, content }) =>
      [...content.matchAll(/return (?:succeeded\(|deleted\([^,]+, id, )(\S+)/g)].map(
        ([, said = '']) => [said, name] as const,
      ),
    );
    expect(answers.length).toBeGreaterThan(3);
    expect(answers.filter(([said]) => !said.startsWith('context.say('))).toEqual([]);
  });

  it('lets no schema of an input speak by itself', () => {
    const spoken = sources
      .filter(({ name }) => /\.input\.ts$|^db\/(text|coded-rows)\.ts$|^auth\/password\.ts$/.test(name))
      .flatMap(({ name, content }) =>
        [...content.matchAll(/(?:['"`]|=> )((?:[A-Z][a-z]+|[가-힣]+) [^'"`]*)['"`]/gu)].map(
          ([, sentence = '']) => [sentence, name] as const,
        ),
      );
    expect(spoken).toEqual([]);
  });
});

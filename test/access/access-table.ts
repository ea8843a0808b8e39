import { type GraphQLObjectType, type GraphQLSchema, isObjectType, isRequiredArgument } from 'graphql';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { rootFields } from '../support/full-operation.ts';
import type { Judge, Verdict } from './judge.ts';
import { type Audience, audiences, type PermissionHolder } from './viewers.ts';
import type { Reach, Way } from './way.ts';
import { reaches, ways } from './ways.ts';

/** One line of the table. */
interface Row {
  readonly label: string;
  readonly verdicts: Readonly<Record<Audience, Verdict>>;
  /** The permissions of which each alone is enough. */
  readonly enough: readonly string[];
}

const introduction = `# Who may do what

Every field of the schema, asked for by everybody: what came of it, not what was meant. Written by
\`npm run access:print\`, and compared with the running API by the tests.

- **anonymous**: without a token. **no role**: a user without a role. **manager**: in no tenant.
- ✓: allowed. ∅: allowed, and there is nothing for them. A code: refused with it.
- In parentheses: so it ended on the way there, before the field was looked at.
- **one permission is enough**: with each of these alone a user gets there; *several are needed* where none is enough.
- \`login\` and \`refreshToken\` are sent without an access token, for an account of that kind.
`;

/** Asks for everything as everybody, and writes down what came of it. */
export async function writeAccessTable(schema: GraphQLSchema, judge: Judge): Promise<string> {
  const sections = [introduction];
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    if (type) sections.push(`## ${type.name}\n\n${render(await rootRows(schema, type, judge))}`);
  }
  for (const type of objectTypes(schema)) {
    const found = reaches[type.name];
    if (!found) throw new Error(`test/access/ways.ts knows no way to the type ${type.name}`);
    sections.push(`## ${type.name}\n`);
    for (const reach of found) {
      sections.push(`Through \`${labelOf(reach)}\`:\n\n${render(await fieldRows(type, reach, judge))}`);
    }
  }
  return `${sections.join('\n')}`;
}

function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__') && !roots.includes(type))
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

async function rootRows(schema: GraphQLSchema, type: GraphQLObjectType, judge: Judge): Promise<Row[]> {
  const rows: Row[] = [];
  const fields = [...rootFields(schema)].filter(([coordinate]) => coordinate.startsWith(`${type.name}.`));
  for (const [coordinate, field] of fields.sort(([one], [other]) => one.localeCompare(other, 'en'))) {
    for (const way of waysTo(coordinate, field.args.some(isRequiredArgument))) {
      const about = way.about === '' ? '' : `: ${way.about}`;
      const [row] = await rowsFor([field.name], async (who) => ({
        [field.name]: await judge.rootField(coordinate, way, who),
      }));
      if (row) rows.push({ ...row, label: `\`${field.name}\`${about}` });
    }
  }
  return rows;
}

function waysTo(coordinate: string, needsArguments: boolean): readonly Way[] {
  const known = ways[coordinate];
  if (known) return known;
  if (needsArguments) throw new Error(`test/access/ways.ts knows no arguments for ${coordinate}`);
  return [{ about: '', variables: () => ({}) }];
}

function fieldRows(type: GraphQLObjectType, reach: Reach, judge: Judge): Promise<Row[]> {
  const names = Object.keys(type.getFields()).sort((one, other) => one.localeCompare(other, 'en'));
  return rowsFor(names, (who) => judge.fieldsOf(type, reach, who));
}

/** Has several fields judged for everybody, and for who holds one permission where that can make a difference. */
async function rowsFor(
  names: readonly string[],
  judgeAll: (who: Audience | PermissionHolder) => Promise<Record<string, Verdict>>,
): Promise<Row[]> {
  const byAudience = new Map<Audience, Record<string, Verdict>>();
  for (const audience of audiences) byAudience.set(audience, await judgeAll(audience));
  const verdict = (name: string, audience: Audience) => byAudience.get(audience)?.[name] ?? '';
  const depends = names.filter(
    (name) => !gets(verdict(name, 'no role')) && gets(verdict(name, 'tenant_admin')),
  );
  const enough = new Map<string, string[]>(depends.map((name) => [name, []]));
  if (depends.length > 0) {
    for (const { code } of permissionCatalogue) {
      const verdicts = await judgeAll({ only: code });
      for (const name of depends) if (gets(verdicts[name] ?? '')) enough.get(name)?.push(code);
    }
  }
  return names.map((name) => ({
    label: `\`${name}\``,
    verdicts: {
      anonymous: verdict(name, 'anonymous'),
      'no role': verdict(name, 'no role'),
      tenant_user: verdict(name, 'tenant_user'),
      tenant_admin: verdict(name, 'tenant_admin'),
      manager: verdict(name, 'manager'),
      'manager in the tenant': verdict(name, 'manager in the tenant'),
    },
    enough: depends.includes(name) ? (enough.get(name) ?? []).sort().map((code) => `\`${code}\``) : ['—'],
  }));
}

const gets = (verdict: Verdict) => ['allowed', 'nothing', '(nothing)'].includes(verdict);

function labelOf({ root, way, fields }: Reach): string {
  const about = way.about === '' ? '' : `(${way.about})`;
  return [`${root.replace(/^\w+\./, '')}${about}`, ...fields].join('.');
}

function render(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['field', ...audiences, 'one permission is enough']),
    line(Array.from({ length: audiences.length + 2 }, () => '---')),
    ...rows.map(({ label, verdicts, enough }) =>
      line([
        label,
        ...audiences.map((audience) => sign(verdicts[audience])),
        enough.length === 0 ? '*several are needed*' : enough.join(', '),
      ]),
    ),
    '',
  ].join('\n');
}

const sign = (verdict: Verdict) => verdict.replace('allowed', '✓').replace('nothing', '∅');

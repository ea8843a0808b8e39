import { type GraphQLObjectType, type GraphQLSchema, isObjectType, isRequiredArgument } from 'graphql';
import { type PermissionCode, permissionCatalogue } from '../../src/auth/permissions.ts';
import { rootFields } from '../support/full-operation.ts';
import type { AccessProbe, Outcome } from './access-probe.ts';
import type { RootRequest, TypePath } from './root-request.ts';
import { rootRequests, typePaths } from './root-requests.ts';
import { type Audience, audiences, type PermissionHolder } from './viewers.ts';

/** One line of the table. */
interface Row {
  readonly label: string;
  readonly outcomes: Readonly<Record<Audience, Outcome>>;
  /** The permissions each of which is sufficient. */
  readonly enough: readonly string[];
}

const introduction = `# Who may do what

Every field of the schema, requested by every kind of viewer, with the outcome as observed rather than as intended.
Written by \`npm run access:print\`, and compared with the running API by the tests.

- **anonymous**: no token. **no role**: a user without a role. **manager**: not in a tenant.
- ✓: allowed. ∅: allowed, but there is nothing for this viewer. A code: refused with this error code.
- In parentheses: the path to the field already ended so.
- **one permission is enough**: each of these alone lets a user get the field; *several are needed* where none does.
- \`login\` and \`refreshToken\` are sent without an access token, for an account of that kind.
`;

/** Requests every field as every viewer, and writes the table of outcomes. */
export async function writeAccessTable(schema: GraphQLSchema, probe: AccessProbe): Promise<string> {
  const sections = [introduction];
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    if (type) sections.push(`## ${type.name}\n\n${render(await rootRows(schema, type, probe))}`);
  }
  for (const type of objectTypes(schema)) {
    const found = typePaths[type.name];
    if (!found) throw new Error(`test/access/root-requests.ts has no path to the type ${type.name}`);
    sections.push(`## ${type.name}\n`);
    for (const path of found) {
      sections.push(`Through \`${labelOf(path)}\`:\n\n${render(await fieldRows(type, path, probe))}`);
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

async function rootRows(schema: GraphQLSchema, type: GraphQLObjectType, probe: AccessProbe): Promise<Row[]> {
  const rows: Row[] = [];
  const fields = [...rootFields(schema)].filter(([coordinate]) => coordinate.startsWith(`${type.name}.`));
  for (const [coordinate, field] of fields.sort(([one], [other]) => one.localeCompare(other, 'en'))) {
    for (const request of requestsTo(coordinate, field.args.some(isRequiredArgument))) {
      const about = request.about === '' ? '' : `: ${request.about}`;
      const [row] = await rowsFor([field.name], async (who) => ({
        [field.name]: await probe.rootField(coordinate, request, who),
      }));
      if (row) rows.push({ ...row, label: `\`${field.name}\`${about}` });
    }
  }
  return rows;
}

function requestsTo(coordinate: string, needsArguments: boolean): readonly RootRequest[] {
  const known = rootRequests[coordinate];
  if (known) return known;
  if (needsArguments) throw new Error(`test/access/root-requests.ts has no arguments for ${coordinate}`);
  return [{ about: '', variables: () => ({}) }];
}

function fieldRows(type: GraphQLObjectType, path: TypePath, probe: AccessProbe): Promise<Row[]> {
  const names = Object.keys(type.getFields()).sort((one, other) => one.localeCompare(other, 'en'));
  return rowsFor(names, (who) => probe.fieldsOf(type, path, who));
}

/** Probes fields for every audience, and for single permissions where these can make a difference. */
async function rowsFor(
  names: readonly string[],
  probeAll: (who: Audience | PermissionHolder) => Promise<Record<string, Outcome>>,
): Promise<Row[]> {
  const byAudience = new Map<Audience, Record<string, Outcome>>();
  for (const audience of audiences) byAudience.set(audience, await probeAll(audience));
  const outcome = (name: string, audience: Audience) => byAudience.get(audience)?.[name] ?? '';
  const depends = names.filter(
    (name) => !gets(outcome(name, 'no role')) && gets(outcome(name, 'tenant_admin')),
  );
  const enough = new Map<string, string[]>(depends.map((name) => [name, []]));
  /**
   * Permissions only add to each other: where many together don't suffice, none of them does alone. So the requests for
   * a field grow with the logarithm of the number of permissions.
   */
  async function probeHolders(codes: readonly PermissionCode[], wanted: readonly string[]): Promise<void> {
    const outcomes = await probeAll({ only: codes });
    const got = wanted.filter((name) => gets(outcomes[name] ?? ''));
    const [code] = codes;
    if (got.length === 0 || code === undefined) return;
    if (codes.length === 1) for (const name of got) enough.get(name)?.push(code);
    else for (const half of halvesOf(codes)) await probeHolders(half, got);
  }
  if (depends.length > 0) {
    for (const half of halvesOf(permissionCatalogue.map(({ code }) => code))) {
      await probeHolders(half, depends);
    }
  }
  return names.map((name) => ({
    label: `\`${name}\``,
    outcomes: {
      anonymous: outcome(name, 'anonymous'),
      'no role': outcome(name, 'no role'),
      tenant_user: outcome(name, 'tenant_user'),
      tenant_admin: outcome(name, 'tenant_admin'),
      manager: outcome(name, 'manager'),
      'manager in the tenant': outcome(name, 'manager in the tenant'),
    },
    enough: depends.includes(name) ? (enough.get(name) ?? []).sort().map((code) => `\`${code}\``) : ['—'],
  }));
}

function halvesOf<T>(list: readonly T[]): [readonly T[], readonly T[]] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

const gets = (outcome: Outcome) => ['allowed', 'nothing', '(nothing)'].includes(outcome);

function labelOf({ root, request, fields }: TypePath): string {
  const about = request.about === '' ? '' : `(${request.about})`;
  return [`${root.replace(/^\w+\./, '')}${about}`, ...fields].join('.');
}

function render(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['field', ...audiences, 'one permission is enough']),
    line(Array.from({ length: audiences.length + 2 }, () => '---')),
    ...rows.map(({ label, outcomes, enough }) =>
      line([
        label,
        ...audiences.map((audience) => sign(outcomes[audience])),
        enough.length === 0 ? '*several are needed*' : enough.join(', '),
      ]),
    ),
    '',
  ].join('\n');
}

const sign = (outcome: Outcome) => outcome.replace('allowed', '✓').replace('nothing', '∅');

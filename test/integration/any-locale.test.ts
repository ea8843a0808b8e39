import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeMaintenanceDatabases } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

/** Words that servers order and fold in different ways. */
const names = [
  'ÖZGÜR Ltd',
  'ozan',
  'Ozan',
  'İSTANBUL',
  'ISPARTA',
  'ısı',
  'Éclair',
  'zebra',
  'Zoë',
  '홍길동',
  '가온',
];
const inOrderOfPeople = [
  'Éclair',
  'ISPARTA',
  'İSTANBUL',
  'ısı',
  'ozan',
  'Ozan',
  'ÖZGÜR Ltd',
  'zebra',
  'Zoë',
  '가온',
  '홍길동',
];

const usernames = ['a-b', 'a_b', 'ab', 'özgür', 'ışık', 'zoe', 'z.oe', '홍길동'];
const inOrderOfKeys = ['a-b', 'a_b', 'ab', 'admin', 'z.oe', 'zoe', 'özgür', 'ışık', '홍길동'];

const tenantKeys = ['z_tenant1', 'ztenant1', 'ab_cd', 'abcd1', 'ab1cd'];

interface Place {
  readonly fleet: TestFleet;
  readonly acme: TestTenant;
  readonly token: string;
  readonly managerToken: string;
}

let withoutLocale: OwnPostgres;
let places: Readonly<Record<'tr-TR' | 'none', Place>>;

beforeAll(async () => {
  withoutLocale = await startOwnPostgres({ noLocale: true });
  await withConnection(parseDatasourceUrl(withoutLocale.superuserUrl), closeMaintenanceDatabases);
  const [turkish, none] = await Promise.all([settle(), settle(withoutLocale.superuserUrl)]);
  places = { 'tr-TR': turkish, none };
});
afterAll(async () => {
  await Promise.all(Object.values(places ?? {}).map(({ fleet }) => fleet.close()));
  await withoutLocale.remove();
});

async function settle(serverUrl?: string): Promise<Place> {
  const fleet = await createTestFleet({}, serverUrl);
  const acme = await fleet.provision('acme01', { companyName: 'acme' });
  const { central } = fleet.tools;
  await central.tenant.createMany({
    data: [
      ...names.map((companyName, index) => ({ tenantKey: `named_${index}`, companyName })),
      ...tenantKeys.map((tenantKey) => ({ tenantKey, companyName: 'keyed' })),
    ].map((tenant) => ({
      ...tenant,
      dbHost: 'nowhere.example',
      dbName: tenant.tenantKey,
      dbUser: 'nobody',
      dbPasswordEncrypted: 'none',
    })),
  });
  await acme.db.user.createMany({
    data: usernames.map((username, index) => ({
      username,
      email: `${username}@example.com`,
      fullName: names[index] ?? '',
      passwordHash: 'none',
    })),
  });
  const coded = names.map((name) => ({ code: name.replace(' ', '-'), name }));
  await acme.db.department.createMany({ data: coded });
  await acme.db.branch.createMany({ data: coded });
  await acme.db.role.createMany({ data: coded });
  return {
    fleet,
    acme,
    token: (await fleet.signIn('acme01')).accessToken,
    managerToken: (await fleet.signInManager()).accessToken,
  };
}

/** The lists that can be searched and ordered by text, and the values by which their rows are told apart here. */
const lists = {
  users: { field: 'username', byManagers: false },
  roles: { field: 'name', byManagers: false },
  departments: { field: 'name', byManagers: false },
  branches: { field: 'name', byManagers: false },
  tenants: { field: 'companyName', byManagers: true },
} as const;

async function ask(place: Place, list: keyof typeof lists, args: string, field: string = lists[list].field) {
  const { data, errors } = await place.fleet.graphql(
    `{ ${list}(${args}) { edges { cursor node { value: ${field} } } pageInfo { hasNextPage } } }`,
    { token: lists[list].byManagers ? place.managerToken : place.token },
  );
  expect(errors).toEqual([]);
  return data[list];
}

const valuesOf = ({ edges }: { edges: { node: { value: string } }[] }) => edges.map(({ node }) => node.value);

/** Reads a whole list in pages of two. */
async function paged(
  place: Place,
  list: keyof typeof lists,
  args: string,
  field?: string,
): Promise<string[]> {
  const values: string[] = [];
  let after = '';
  for (
    let page: { edges: { cursor: string; node: { value: string } }[]; pageInfo: { hasNextPage: boolean } };
    ;
  ) {
    page = await ask(place, list, `first: 2 ${args} ${after}`, field);
    values.push(...valuesOf(page));
    if (!page.pageInfo.hasNextPage) return values;
    after = `after: "${page.edges.at(-1)?.cursor}"`;
  }
}

const ours = (values: readonly string[]) => values.filter((value) => names.includes(value));

describe.each(['tr-TR', 'none'] as const)('on a server whose locale is %s', (locale) => {
  it('the server itself folds letters in its own way, so that the tests below can fail', async () => {
    const rows = await places[locale].acme.db
      .$queryRaw`SELECT 'I' ILIKE 'i' AS latin, 'Ö' ILIKE 'ö' AS umlaut`;
    expect(rows).toEqual([
      locale === 'none' ? { latin: true, umlaut: false } : { latin: false, umlaut: true },
    ]);
  });

  it.each([
    ['özgür', ['ÖZGÜR Ltd']],
    ['OZAN', ['ozan', 'Ozan']],
    ['isparta', ['ISPARTA']],
    ['İstanbul', ['İSTANBUL']],
    ['ÉCLAIR', ['Éclair']],
    ['ZOË', ['Zoë']],
    ['홍길', ['홍길동']],
  ])(
    'a search for %s finds the same names of tenants, roles, departments and branches',
    async (search, found) => {
      for (const list of ['tenants', 'roles', 'departments', 'branches'] as const) {
        const values = valuesOf(await ask(places[locale], list, `search: "${search}"`));
        expect([list, values.sort()]).toEqual([list, found.toSorted()]);
      }
    },
  );

  it.each([
    ['ÖZGÜR', ['a-b', 'özgür']],
    ['IŞIK', []],
    ['ışık@EXAMPLE', ['ışık']],
    ['Z.OE', ['z.oe']],
  ])('a search for %s finds the same users', async (search, found) => {
    expect(valuesOf(await ask(places[locale], 'users', `search: "${search}"`)).sort()).toEqual(
      found.toSorted(),
    );
  });

  it.each([
    ['tenants', 'COMPANY_NAME', 'companyName'],
    ['roles', 'NAME', 'name'],
    ['departments', 'NAME', 'name'],
    ['branches', 'NAME', 'name'],
    ['departments', 'CODE', 'name'],
  ] as const)('%s are ordered by %s as people order names, page by page', async (list, column, field) => {
    const order = `orderBy: { field: ${column} }`;
    expect(ours(valuesOf(await ask(places[locale], list, `first: 100 ${order}`, field)))).toEqual(
      inOrderOfPeople,
    );
    expect(ours(await paged(places[locale], list, order, field))).toEqual(inOrderOfPeople);
  });

  it.each(['USERNAME', 'EMAIL'])(
    'users are ordered by %s as programs order keys, page by page',
    async (column) => {
      expect(await paged(places[locale], 'users', `orderBy: { field: ${column} }`)).toEqual(inOrderOfKeys);
      expect(await paged(places[locale], 'users', `orderBy: { field: ${column}, direction: DESC }`)).toEqual(
        inOrderOfKeys.toReversed(),
      );
    },
  );

  it('tenants are ordered by their keys as programs order keys', async () => {
    const keys = await paged(
      places[locale],
      'tenants',
      'search: "keyed" orderBy: { field: TENANT_KEY }',
      'tenantKey',
    );
    expect(keys).toEqual(['ab1cd', 'ab_cd', 'abcd1', 'z_tenant1', 'ztenant1']);
  });

  it('a name is taken in whatever case it is typed', async () => {
    const { errors } = await places[locale].fleet.graphql(
      `mutation { createUser(input: { username: "ÖZGÜR", email: "o@example.com", password: "Password123!x", fullName: "O" }) { id } }`,
      { token: places[locale].token },
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'CONFLICT', fields: [{ path: ['input', 'username'] }] } },
    ]);
  });

  // Those of tenants are seen in test/entities/database.test.ts.
  it('no unique index of the central database depends on a locale, or on a version of libc or ICU', async () => {
    const rows = await places[locale].fleet.tools.central.$queryRaw`
      SELECT pg_index.indexrelid::regclass::text AS index, collname AS name
      FROM pg_index JOIN pg_class ON pg_class.oid = pg_index.indrelid
        CROSS JOIN unnest(indcollation) AS used JOIN pg_collation ON pg_collation.oid = used
      WHERE indisunique AND collname <> 'C' AND pg_class.oid >= 16384 AND relname <> '_prisma_migrations'`;
    expect(rows).toEqual([]);
  });
});

describe('a server without ICU', () => {
  it('is refused, with the reason, before anything is made there', async () => {
    const { fleet } = places.none;
    const onServer = (statement: string) =>
      withConnection(parseDatasourceUrl(withoutLocale.superuserUrl), (client) => client.query(statement));
    await onServer('DROP COLLATION pg_catalog."und-x-icu"');
    await expect(fleet.provision('late1')).rejects.toThrow(
      /Step create-database failed: The PostgreSQL server has no collation und-x-icu.* built without ICU/,
    );
    const { database, ...rest } = parseDatasourceUrl(withoutLocale.superuserUrl);
    await expect(migrateCentralDatabase({ ...rest, database }, rest.user)).rejects.toThrow(
      'built without ICU',
    );
    const { rows } = await onServer("SELECT to_regclass('public._prisma_migrations') AS history");
    expect(rows).toEqual([{ history: null }]);
  });
});

import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { downloadList } from '../clients/csv/download-list.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let server: ListeningServer;

/** More than two pages of the greatest size. */
const assetCount = 230;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  const other = await fleet.provision('beta01');
  admin = await addAdministrator(fleet, acme);
  await addRow(other.db, 'Asset', { label: 'page' });
  await acme.db.asset.createMany({
    data: Array.from({ length: assetCount }, (_, index) => ({
      code: `p-${String(index).padStart(3, '0')}`,
      name: `page 의자 ${index}`,
    })),
  });
  server = await listen(fleet.app, '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

function ask(query: string, { token = admin.token, variables = {}, accept = 'text/csv' } = {}) {
  const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  return fleet.app.fetch(new Request('http://api.test/graphql', { method: 'POST', headers, body }));
}

/** The lines of a file. Its encoding is checked, too. */
async function linesOf(response: Response): Promise<string[]> {
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    await response.arrayBuffer(),
  );
  expect(text.startsWith('\ufeff')).toBe(true);
  expect(text.endsWith('\r\n')).toBe(true);
  return text.slice(1, -2).split('\r\n');
}

const pages = `query ($search: String, $first: Int) {
  assets(search: $search, first: $first, orderBy: { field: CODE }) {
    totalCount
    edges { cursor node { code ...Rest } }
  }
}
fragment Rest on Asset { title: name }`;

describe('a list asked for as CSV', () => {
  it('is a file of all rows of its filter in its order, whatever page was asked for', async () => {
    const response = await ask(pages, { variables: { search: 'page', first: 2 } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="assets.csv"');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const [head, ...rows] = await linesOf(response);
    expect(head).toBe('code,title');
    expect(rows).toEqual(
      Array.from(
        { length: assetCount },
        (_, index) => `p-${String(index).padStart(3, '0')},page 의자 ${index}`,
      ),
    );
  });

  it('has the selected values of each row as its columns, those of related rows and lists among them', async () => {
    const holder = await addPerson(fleet, acme, { permissions: ['assets:read', 'branches:read'] });
    await addRow(acme.db, 'Asset', { code: 'c-1', label: 'columns 1', holderId: holder.id, price: '-12.50' });
    await addRow(acme.db, 'Asset', { code: 'c-2', label: 'columns 2', warrantyMonths: 24 });
    const response = await ask(
      `query ($hides: Boolean!) {
        everything: assets(search: "columns", orderBy: { field: CODE }) {
          edges { node {
            code
            holder { login: username role { permissions { code } } }
            price
            note @skip(if: $hides)
            warrantyMonths
          } }
        }
      }`,
      { variables: { hides: true } },
    );
    expect(response.headers.get('content-disposition')).toContain('filename="everything.csv"');
    expect(await linesOf(response)).toEqual([
      'code,holder.login,holder.role.permissions.code,price,warrantyMonths',
      `c-1,${holder.username},assets:read; branches:read,-12.5,`,
      'c-2,,,,24',
    ]);
  });

  it('runs no formula in a spreadsheet, and quotes what a line can’t hold', async () => {
    const cells = [
      '=1+1',
      '+82 10-1234',
      '-5',
      '@SUM(A1)',
      '\tx',
      '＝1',
      'a=1',
      'a,b',
      'a "b"',
      'a\nb',
      'a\rb',
      "'=1",
      "''＝1",
      "'s",
    ];
    for (const [index, note] of cells.entries()) {
      await addRow(acme.db, 'Asset', { code: `f-${10 + index}`, label: 'formula', note });
    }
    const response = await ask(
      '{ assets(search: "formula", orderBy: { field: CODE }) { edges { node { note } } } }',
    );
    expect((await linesOf(response)).join('|')).toBe(
      `note|'=1+1|'+82 10-1234|'-5|'@SUM(A1)|'\tx|'＝1|a=1|"a,b"|"a ""b"""|"a\nb"|"a\rb"|''=1|'''＝1|'s`,
    );
  });

  it('is its head alone when there are no rows', async () => {
    const response = await ask('{ assets(search: "nothing of this name") { edges { node { code } } } }');
    expect(await linesOf(response)).toEqual(['code']);
  });

  it('holds the rows in the viewer’s scope, of the viewer’s tenant', async () => {
    const own = await addScopedPerson(fleet, acme, { 'assets:read': 'OWN' });
    await addRow(acme.db, 'Asset', { code: 'own-1', holderId: own.id });
    const response = await ask('{ assets { edges { node { code } } } }', { token: own.token });
    expect(await linesOf(response)).toEqual(['code', 'own-1']);
  });

  it('is loaded in smaller pages when a large one would cost more than a query may', async () => {
    const wide = Array.from({ length: 60 }, (_, index) => `a${index}: createdBy { fullName }`).join(' ');
    const query = `{ assets(search: "page") { edges { node { code ${wide} } } } }`;
    expect((await linesOf(await ask(query))).length).toBe(assetCount + 1);
  });

  it('is downloaded as the guide for clients shows', async () => {
    const url = `http://127.0.0.1:${server.port}/graphql`;
    const file = await downloadList(url, admin.token, pages, { search: 'page' });
    expect((await file.text()).trimEnd().split('\n').length).toBe(assetCount + 1);
    await expect(downloadList(url, admin.token, '{ me { id } }')).rejects.toThrow(
      'A CSV file holds one list',
    );
  });
});

describe('there is no file, but a result that says why, for', () => {
  const list = 'assets { edges { node { code } } }';

  it.each([
    ['a mutation', 'mutation { logout(tenantKey: "acme01") { success } }', 'QUERY_INVALID'],
    ['one row', '{ me { id } }', 'QUERY_INVALID'],
    ['two lists', `{ ${list} again: ${list} }`, 'QUERY_INVALID'],
    ['a list without values', '{ assets { totalCount } }', 'QUERY_INVALID'],
    [
      'a list of lists',
      '{ users { edges { node { assets { edges { node { code } } } } } } }',
      'QUERY_INVALID',
    ],
    ['a list that isn’t there', '{ things { edges { node { id } } } }', 'QUERY_INVALID'],
    [
      'a wrong argument',
      `{ ${list.replace('{', '(purchasedOn: { from: "soon" }) {')} }`,
      'VALIDATION_FAILED',
    ],
  ])('%s', async (_what, query, code) => {
    const response = await ask(query);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it.each([
    [
      'somebody without the permission',
      async () => (await addPerson(fleet, acme, { permissions: [] })).token,
      'FORBIDDEN',
    ],
    ['somebody without a valid token', async () => 'x.y.z', 'UNAUTHENTICATED'],
  ])('%s', async (_who, tokenOf, code) => {
    const response = await ask(`{ ${list} }`, { token: await tokenOf() });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});

describe('an export under way', () => {
  const query = '{ assets(search: "page") { edges { node { code } } } }';

  async function begun(token: string): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { body } = await ask(query, { token });
    const reader = body?.getReader();
    if (!reader) throw new Error('There is no file.');
    // The head, and the first page.
    await reader.read();
    await reader.read();
    return reader;
  }

  it('holds no client of its tenant while nobody reads', async () => {
    const reader = await begun(admin.token);
    expect(fleet.app.tenantClientStatistics()).toMatchObject({ leases: 0 });
    await reader.cancel();
  });

  it('fails when the session is ended, so that nobody takes a part for the whole', async () => {
    const person = await addPerson(fleet, acme, { permissions: ['assets:read'] });
    const reader = await begun(person.token);
    const { codes } = await fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { isActive: false }) { id } }',
      {
        token: admin.token,
        variables: { id: person.id },
      },
    );
    expect(codes).toEqual([]);
    await expect(reader.read()).rejects.toThrow();
    expect(fleet.log.join()).toContain('An export was cut off');
  });
});

it('a file that fails half-way breaks its connection', async () => {
  const failing = await listen(
    {
      fetch: async () => {
        let pulls = 0;
        const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
          if (pulls++ > 0) throw new Error('broken');
          controller.enqueue(Buffer.from('begun'));
        };
        return new Response(new ReadableStream({ pull }));
      },
    },
    '127.0.0.1',
    0,
  );
  const answer = fetch(`http://127.0.0.1:${failing.port}/graphql`).then((response) => response.text());
  await expect(answer).rejects.toThrow();
  await failing.close();
});

it('a file whose client has gone is not read on', async () => {
  const events = new EventEmitter();
  const gone = once(events, 'gone');
  const endless = await listen(
    {
      fetch: async () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(Buffer.alloc(65_536)),
            cancel: () => void events.emit('gone'),
          }),
        ),
    },
    '127.0.0.1',
    0,
  );
  const client = new AbortController();
  await fetch(`http://127.0.0.1:${endless.port}/graphql`, { signal: client.signal });
  client.abort();
  await gone;
  await endless.close();
});

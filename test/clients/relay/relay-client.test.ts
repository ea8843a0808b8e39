import relay, { type GraphQLResponse, type Variables } from 'relay-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../../support/people.ts';
import { type CompiledClient, compileClient } from './compile.ts';

const { commitMutation, createOperationDescriptor, Environment, fetchQuery, getSingularSelector, Network } =
  relay;
const { RecordSource, Store } = relay;

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let client: CompiledClient;

beforeAll(async () => {
  [fleet, client] = await Promise.all([createTestFleet(), compileClient()]);
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  const { id: departmentId } = await acme.db.department.create({ data: { code: 'D', name: 'Before' } });
  await acme.db.department.create({ data: { code: 'D2', name: 'Below', parentId: departmentId } });
  await acme.db.branch.create({ data: { code: 'B', name: 'B' } });
  for (let index = 0; index < 10; index++) {
    await addPerson(
      fleet,
      acme,
      { roleId: null, permissions: [] },
      { username: `relay-${index}`, createdBy: admin.id, departmentId },
    );
  }
});
afterAll(async () => {
  await client.remove();
  await fleet.close();
});

const recordsSchema = z.record(z.string(), z.looseObject({ __id: z.string(), __typename: z.string() }));
const edgesSchema = z.object({
  users: z.object({
    edges: z.array(z.object({ node: z.looseObject({ id: z.string() }) })),
    pageInfo: z.object({ endCursor: z.string().nullable(), hasNextPage: z.boolean(), totalCount: z.int() }),
  }),
});
const personSchema = z.object({
  id: z.string(),
  username: z.string(),
  fullName: z.string(),
  department: z.object({ id: z.string(), name: z.string() }).nullable(),
  createdBy: z.object({ id: z.string(), fullName: z.string() }).nullable(),
});

/** A client with a store of its own, as each browser tab has one. */
function openTab() {
  const environment = new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(async ({ text }, variables): Promise<GraphQLResponse> => {
      const { data, errors } = await fleet.graphql(text ?? '', { token: admin.token, variables });
      return { data, errors: errors.map(({ message }) => ({ message })) };
    }),
  });
  const search = 'relay-';
  const query = createOperationDescriptor(client.request('DirectoryQuery'), { count: 4, search });
  environment.retain(query);
  const read = (fragment: string, reference: unknown) => {
    const selector = getSingularSelector(client.fragment(fragment), reference);
    if (!selector) throw new Error(`Nothing to read for ${fragment}`);
    return environment.lookup(selector).data;
  };
  return {
    environment,
    fetch: (name: string, variables: Variables) =>
      fetchQuery(environment, client.request(name), variables).toPromise(),
    open: () => fetchQuery(environment, client.request('DirectoryQuery'), { count: 4, search }).toPromise(),
    /** Loads one page more. */
    next: (cursor: string | null) =>
      fetchQuery(environment, client.request('DirectoryPageQuery'), { count: 4, cursor, search }).toPromise(),
    /** The list as a component sees it. */
    list: () => edgesSchema.parse(read('Directory_users', environment.lookup(query.fragment).data)).users,
    /** The people of the list as components of their own see them. */
    people: () =>
      edgesSchema
        .parse(read('Directory_users', environment.lookup(query.fragment).data))
        .users.edges.map(({ node }) => personSchema.parse(read('Directory_user', node))),
    mutate: (name: string, variables: Variables) =>
      new Promise<unknown>((resolve, reject) => {
        commitMutation(environment, {
          mutation: client.request(name),
          variables,
          onCompleted: (response, errors) =>
            errors?.length ? reject(new Error(errors[0]?.message)) : resolve(response),
          onError: reject,
        });
      }),
    records: () => recordsSchema.parse(JSON.parse(JSON.stringify(environment.getStore().getSource()))),
  };
}

describe('a client made with Relay', () => {
  let complaints: unknown[][];

  beforeEach(() => {
    complaints = [];
    // Relay complains here of a response that breaks its rules, such as an id that two types share.
    const spy = vi.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words));
    return () => {
      spy.mockRestore();
      expect(complaints).toEqual([]);
    };
  });

  it('pages through a list to its end, and has each row once in its store, under its global id', async () => {
    const tab = openTab();
    await tab.open();
    const sizes = [tab.list().edges.length];
    while (tab.list().pageInfo.hasNextPage) {
      await tab.next(tab.list().pageInfo.endCursor);
      sizes.push(tab.list().edges.length);
    }
    expect(sizes).toEqual([4, 8, 10]);
    const people = tab.people();
    expect(people.map(({ username }) => username)).toEqual(
      Array.from({ length: 10 }, (_, index) => `relay-${index}`),
    );
    expect(tab.list().pageInfo.totalCount).toBe(10);
    const users = Object.values(tab.records()).filter(({ __typename }) => __typename === 'User');
    expect(users.map(({ __id }) => __id).sort()).toEqual(
      [...people.map(({ id }) => id), encodeGlobalId('User', admin.id)].sort(),
    );
    expect(Object.values(tab.records()).filter(({ __typename }) => __typename === 'Department')).toHaveLength(
      1,
    );
  });

  it('sees a change wherever it shows the row', async () => {
    const tab = openTab();
    await tab.open();
    await tab.mutate('DirectoryRenameMutation', {
      userId: encodeGlobalId('User', admin.id),
      input: { fullName: '새 이름' },
    });
    expect(new Set(tab.people().map(({ createdBy }) => createdBy?.fullName))).toEqual(new Set(['새 이름']));
  });

  it('appends to its list what it has created, and fetches one row again by its id', async () => {
    const tab = openTab();
    await tab.open();
    while (tab.list().pageInfo.hasNextPage) await tab.next(tab.list().pageInfo.endCursor);
    const [connection] = Object.keys(tab.records()).filter((id) =>
      id.includes('__Directory_users_connection'),
    );
    await tab.mutate('DirectoryAddMutation', {
      connections: [connection],
      input: {
        username: 'relay-new',
        email: 'relay-new@example.com',
        password: testPassword,
        fullName: 'New',
      },
    });
    const added = tab.people().at(-1);
    expect(added).toMatchObject({
      username: 'relay-new',
      createdBy: { id: encodeGlobalId('User', admin.id) },
    });
    const { id } = await acme.db.user.findFirstOrThrow({ where: { username: 'relay-new' } });
    await acme.db.user.update({ where: { id }, data: { fullName: 'Renamed elsewhere' } });
    await tab.fetch('DirectoryUserQuery', { id: added?.id });
    expect(tab.people().at(-1)?.fullName).toBe('Renamed elsewhere');
    expect(await tab.mutate('DirectoryRemoveMutation', { userId: added?.id })).toMatchObject({
      deleteUser: { success: true },
    });
  });

  it('keeps everything that has an id in one store, each type under ids of its own', async () => {
    const tab = openTab();
    await tab.open();
    // A session of these tests has the very UUID of its user.
    await tab.fetch('DirectoryEverythingQuery', { id: encodeGlobalId('User', admin.id) });
    const identified = Object.values(tab.records()).filter(({ id }) => id !== undefined);
    expect(new Set(identified.map(({ __typename }) => __typename))).toEqual(
      new Set(['User', 'Role', 'Permission', 'Department', 'Branch', 'AuditRecord', 'Session']),
    );
    for (const { __id, __typename } of identified) {
      expect(Buffer.from(__id, 'base64').toString()).toMatch(new RegExp(`^${__typename}:[0-9a-f-]{36}$`));
    }
  });
});

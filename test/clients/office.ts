import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { fetchOf } from '../support/request-paths.ts';

/** A tenant with seven branches, `Branch 1` the oldest, and one in Busan before them; each test may change them. */
export interface Office {
  readonly tenant: TestTenant;
  /** The `fetch` of an administrator's client. */
  readonly fetch: typeof fetch;
  /** The `fetch` of a client whose user may only read branches. */
  readonly fetchOfReader: typeof fetch;
  close(): Promise<void>;
}

/** Opens the office on a fleet of its own. */
export async function openOffice(): Promise<Office> {
  const fleet = await createTestFleet();
  const tenant = await fleet.provision('acme01');
  const [admin, reader] = await Promise.all([
    addAdministrator(fleet, tenant),
    addPerson(fleet, tenant, { permissions: ['branches:read'] }),
  ]);
  return {
    tenant,
    fetch: fetchAs(fleet, admin),
    fetchOfReader: fetchAs(fleet, reader),
    close: () => fleet.close(),
  };
}

/** Puts the branches back as they are at first, past the application. */
export async function fillOffice({ tenant: { db } }: Office): Promise<void> {
  await db.branch.deleteMany();
  const names = ['Busan', ...Array.from({ length: 7 }, (_, index) => `Branch ${index + 1}`)];
  await db.branch.createMany({
    data: names.map((name, index) => ({
      code: name.toUpperCase().replace(' ', '-'),
      name,
      createdAt: new Date(Date.UTC(2026, 0, index + 1)),
    })),
  });
}

/** A `fetch` that asks the application with the person's token. */
function fetchAs({ app }: TestFleet, { token }: Person): typeof fetch {
  const handle = fetchOf(app);
  return async (input, init) => {
    const request = new Request(input, init);
    request.headers.set('authorization', `Bearer ${token}`);
    return handle(request);
  };
}

/** A page of branches as a client shows it. */
const branchesSchema = z.object({
  branches: z.object({
    totalCount: z.int(),
    edges: z.array(z.object({ node: z.object({ id: z.string(), name: z.string() }) })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** The visible state of a client's list, for assertions. */
export function describeList(data: unknown) {
  const { branches } = branchesSchema.parse(data);
  return { names: branches.edges.map(({ node }) => node.name), totalCount: branches.totalCount };
}

/** Returns the end of the list's last page. */
export const pageInfoOf = (data: unknown) => branchesSchema.parse(data).branches.pageInfo;

/** The global id of the branch of that name in the list. */
export function idOf(data: unknown, name: string): string {
  const edge = branchesSchema.parse(data).branches.edges.find(({ node }) => node.name === name);
  if (!edge) throw new Error(`The list does not show ${name}.`);
  return edge.node.id;
}

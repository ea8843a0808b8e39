import { type ApolloClient, CombinedGraphQLErrors, gql } from '@apollo/client';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { documents } from '../documents.ts';
import { describeList, fillOffice, idOf, type Office, openOffice, pageInfoOf } from '../office.ts';
import { createClient } from './create-client.ts';

const list = gql(documents.list);
const count = gql(documents.count);

let office: Office;
let client: ApolloClient;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.close());
beforeEach(async () => {
  await fillOffice(office);
  client = createClient(office.fetch);
  return () => client.stop();
});

/** Opens a page that shows the list, three rows at first. */
async function openPage({ search }: { search?: string } = {}) {
  const variables = { first: 3, search };
  const query = client.watchQuery({ query: list, variables });
  query.subscribe(() => {});
  await firstValueFrom(query.pipe(filter(({ loading }) => !loading)));
  const data = () => client.readQuery({ query: list, variables });
  return {
    data,
    list: () => describeList(data()),
    next: () => query.fetchMore({ variables: { after: pageInfoOf(data()).endCursor } }),
  };
}

const newest = ['Branch 7', 'Branch 6', 'Branch 5'];

describe('Apollo Client with relayStylePagination', () => {
  it('joins the pages of a list, to its end', async () => {
    const page = await openPage();
    expect(page.list()).toEqual({ names: newest, totalCount: 8 });
    await page.next();
    await page.next();
    expect(page.list()).toEqual({
      names: [...newest, 'Branch 4', 'Branch 3', 'Branch 2', 'Branch 1', 'Busan'],
      totalCount: 8,
    });
    expect(pageInfoOf(page.data()).hasNextPage).toBe(false);
  });

  it('shows a new branch first, and counts it, when it has asked for the list again', async () => {
    const page = await openPage();
    await client.mutate({
      mutation: gql(documents.create),
      variables: { input: { code: 'NEW', name: 'New' } },
      refetchQueries: [list],
      awaitRefetchQueries: true,
    });
    expect(page.list()).toEqual({ names: ['New', 'Branch 7', 'Branch 6'], totalCount: 9 });
  });

  it('shows a changed name without asking again', async () => {
    const page = await openPage();
    await client.mutate({
      mutation: gql(documents.rename),
      variables: { id: idOf(page.data(), 'Branch 6'), input: { name: 'Renamed' } },
    });
    expect(page.list().names).toEqual(['Branch 7', 'Renamed', 'Branch 5']);
  });

  it('keeps its pages and counts right when a branch is deleted', async () => {
    const page = await openPage();
    await page.next();
    await remove(idOf(page.data(), 'Branch 6'));
    expect(page.list()).toEqual({
      names: ['Branch 7', 'Branch 5', 'Branch 4', 'Branch 3', 'Branch 2'],
      totalCount: 7,
    });
    await page.next();
    expect(page.list().names).toEqual([
      'Branch 7',
      'Branch 5',
      'Branch 4',
      'Branch 3',
      'Branch 2',
      'Branch 1',
      'Busan',
    ]);
  });

  it('shows a restored branch where it was', async () => {
    const page = await openPage();
    const id = idOf(page.data(), 'Branch 6');
    await remove(id);
    await client.mutate({
      mutation: gql(documents.restore),
      variables: { id },
      refetchQueries: [list],
      awaitRefetchQueries: true,
    });
    expect(page.list()).toEqual({ names: newest, totalCount: 8 });
  });

  it('keeps a searched list beside the whole one', async () => {
    const page = await openPage();
    const searched = await openPage({ search: 'busan' });
    expect(searched.list()).toEqual({ names: ['Busan'], totalCount: 1 });
    expect(page.list()).toEqual({ names: newest, totalCount: 8 });
  });

  it('shows what was answered beside a refused field', async () => {
    const { data, error } = await createClient(office.fetchOfReader).query({
      query: gql(documents.dashboard),
    });
    expect(describeList(data)).toEqual({ names: newest, totalCount: 8 });
    expect(data).toMatchObject({ assets: null });
    expect(problems(error)).toEqual([{ path: ['assets'], code: 'FORBIDDEN' }]);
  });

  it('shows what was done beside what was refused, at the field that is to blame', async () => {
    const { data, error } = await client.mutate({
      mutation: gql(documents.createTwo),
      variables: { free: { code: 'FREE', name: 'Free' }, taken: { code: 'BUSAN', name: 'Taken' } },
    });
    expect(data).toMatchObject({ first: { name: 'Free' }, second: null });
    expect(problems(error)).toEqual([
      { path: ['second'], code: 'CONFLICT', fields: [{ path: ['input', 'code'], reason: 'TAKEN' }] },
    ]);
  });
});

const deletedSchema = z.object({ deleteBranch: z.object({ deletedId: z.string() }) });

/** Deletes a branch as the library's documentation does: the row is evicted. The count is asked for again. */
async function remove(id: string) {
  await client.mutate({
    mutation: gql(documents.delete),
    variables: { id },
    update(cache, { data }) {
      const { deletedId } = deletedSchema.parse(data).deleteBranch;
      cache.evict({ id: `Branch:${deletedId}` });
      cache.gc();
    },
  });
  await client.query({ query: count, fetchPolicy: 'network-only' });
}

const extensionsSchema = z.object({
  code: z.string(),
  fields: z.array(z.object({ path: z.array(z.string()), reason: z.string() })).optional(),
});

function problems(error: unknown) {
  if (!CombinedGraphQLErrors.is(error)) throw new Error('No GraphQL errors.', { cause: error });
  return error.errors.map(({ path, extensions }) => ({ path, ...extensionsSchema.parse(extensions) }));
}

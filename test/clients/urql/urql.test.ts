import type { Client, CombinedError } from '@urql/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { documents } from '../documents.ts';
import { describeList, fillOffice, idOf, type Office, openOffice, pageInfoOf } from '../office.ts';
import { createClient } from './create-client.ts';

let office: Office;
let client: Client;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.close());
beforeEach(async () => {
  await fillOffice(office);
  client = createClient(office.fetch);
  // Graphcache complains here of what it can't keep, such as an object without a key.
  const complaints = vi.spyOn(console, 'warn');
  return () => {
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  };
});

/** Opens a page that shows the list, three rows at first. */
async function openPage({ search = null }: { search?: string | null } = {}) {
  let shown: unknown;
  client.query(documents.list, { first: 3, search }).subscribe(({ data }) => {
    shown = data;
  });
  await expect.poll(() => shown).toBeDefined();
  return {
    data: () => shown,
    list: () => describeList(shown),
    async next() {
      const { endCursor } = pageInfoOf(shown);
      client.query(documents.list, { first: 3, search, after: endCursor }).subscribe(() => {});
      await expect.poll(() => pageInfoOf(shown).endCursor).not.toBe(endCursor);
    },
  };
}

const change = async (document: string, variables: object) => {
  const { data, error } = await client.mutation(document, variables);
  expect(error).toBeUndefined();
  return data;
};
const newest = ['Branch 7', 'Branch 6', 'Branch 5'];

describe('urql with graphcache', () => {
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

  it('shows a new branch first, and counts it', async () => {
    const page = await openPage();
    await change(documents.create, { input: { code: 'NEW', name: 'New' } });
    await expect.poll(page.list).toEqual({ names: ['New', 'Branch 7', 'Branch 6'], totalCount: 9 });
  });

  it('shows a changed name', async () => {
    const page = await openPage();
    await change(documents.rename, { id: idOf(page.data(), 'Branch 6'), input: { name: 'Renamed' } });
    await expect.poll(() => page.list().names).toEqual(['Branch 7', 'Renamed', 'Branch 5']);
  });

  it('keeps its pages and counts right when a branch is deleted', async () => {
    const page = await openPage();
    await page.next();
    await change(documents.delete, { id: idOf(page.data(), 'Branch 6') });
    await expect.poll(page.list).toEqual({
      names: ['Branch 7', 'Branch 5', 'Branch 4', 'Branch 3', 'Branch 2'],
      totalCount: 7,
    });
  });

  it('shows a restored branch where it was', async () => {
    const page = await openPage();
    const id = idOf(page.data(), 'Branch 6');
    await change(documents.delete, { id });
    await expect.poll(() => page.list().totalCount).toBe(7);
    await change(documents.restore, { id });
    await expect.poll(page.list).toEqual({ names: newest, totalCount: 8 });
  });

  it('keeps a searched list beside the whole one', async () => {
    const page = await openPage();
    const searched = await openPage({ search: 'busan' });
    expect(searched.list()).toEqual({ names: ['Busan'], totalCount: 1 });
    expect(page.list()).toEqual({ names: newest, totalCount: 8 });
  });

  it('shows what was answered beside a refused field', async () => {
    const { data, error } = await createClient(office.fetchOfReader).query(documents.dashboard, {});
    expect(describeList(data)).toEqual({ names: newest, totalCount: 8 });
    expect(data).toMatchObject({ assets: null });
    expect(problems(error)).toMatchObject([{ path: ['assets'], extensions: { code: 'FORBIDDEN' } }]);
  });

  it('shows what was done beside what was refused, at the field that is to blame', async () => {
    const { data, error } = await client.mutation(documents.createTwo, {
      free: { code: 'FREE', name: 'Free' },
      taken: { code: 'BUSAN', name: 'Taken' },
    });
    expect(data).toMatchObject({ first: { name: 'Free' }, second: null });
    expect(problems(error)).toMatchObject([
      {
        path: ['second'],
        extensions: { code: 'CONFLICT', fields: [{ path: ['input', 'code'], reason: 'TAKEN' }] },
      },
    ]);
  });
});

const problems = (error: CombinedError | undefined) =>
  error?.graphQLErrors.map(({ path, extensions }) => ({ path, extensions }));

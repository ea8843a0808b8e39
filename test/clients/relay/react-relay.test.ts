import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fillOffice, type Office, openOffice } from '../office.ts';
import { type CompiledClient, compileClient } from './compile.ts';
import { openPage, type ReactPage } from './react-page.ts';

let office: Office;
let client: CompiledClient;

beforeAll(async () => {
  [office, client] = await Promise.all([openOffice(), compileClient()]);
});
afterAll(() => Promise.all([office.close(), client.remove()]));
beforeEach(async () => {
  await fillOffice(office);
  // Relay and React complain here.
  const complaints = vi.spyOn(console, 'error');
  return () => {
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  };
});

const newest = ['Branch 7', 'Branch 6', 'Branch 5'];

async function open(props: { search?: string } = {}): Promise<ReactPage> {
  const page = await openPage(client.createEnvironment(office.fetch), client.component('Branches'), props);
  onTestFinished(() => page.close());
  return page;
}

describe('Relay with React', () => {
  it('joins the pages of a list, to its end', async () => {
    const page = await open();
    expect(page.names()).toEqual(newest);
    page.click('More');
    await expect.poll(page.names).toHaveLength(6);
    page.click('More');
    await expect
      .poll(page.names)
      .toEqual([...newest, 'Branch 4', 'Branch 3', 'Branch 2', 'Branch 1', 'Busan']);
    expect(page.has('More')).toBe(false);
  });

  it('shows a new branch first, and counts it', async () => {
    const page = await open();
    expect(page.title()).toBe('8');
    page.click('Add');
    await expect.poll(page.names).toEqual(['New', ...newest]);
    await expect.poll(page.title).toBe('9');
  });

  it('shows a changed name', async () => {
    const page = await open();
    page.click('Rename Branch 6');
    await expect.poll(page.names).toEqual(['Branch 7', 'Renamed', 'Branch 5']);
  });

  it('takes a deleted branch away, and a restored one back', async () => {
    const page = await open();
    page.click('More');
    await expect.poll(page.names).toHaveLength(6);
    page.click('Delete Branch 6');
    await expect.poll(page.names).toEqual(['Branch 7', 'Branch 5', 'Branch 4', 'Branch 3', 'Branch 2']);
    await expect.poll(page.title).toBe('7');
    page.click('Undo');
    await expect
      .poll(page.names)
      .toEqual(['Branch 6', 'Branch 7', 'Branch 5', 'Branch 4', 'Branch 3', 'Branch 2']);
    await expect.poll(page.title).toBe('8');
  });

  it('forgets the record of a deleted branch, wherever it stood', async () => {
    const page = await open();
    page.click('Forget Branch 6');
    await expect.poll(page.names).toEqual(['Branch 7', 'Branch 5']);
    await expect.poll(page.title).toBe('7');
  });

  it('shows what a search finds', async () => {
    const page = await open({ search: 'busan' });
    expect([page.names(), page.title()]).toEqual([['Busan'], '1']);
  });

  it('shows what was answered beside a refused field', async () => {
    const environment = client.createEnvironment(office.fetchOfReader);
    const page = await openPage(environment, client.component('Dashboard'), {});
    onTestFinished(() => page.close());
    expect([page.names(), page.title()]).toEqual([newest, 'FORBIDDEN']);
  });
});

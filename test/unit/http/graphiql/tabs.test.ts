import { expect, it } from 'vitest';
import { examples } from '../../../../src/http/graphiql/browser/examples.ts';
import { activeContents, readTabState, withExamples } from '../../../../src/http/graphiql/browser/tabs.ts';

const tab = (query: string | null) => ({
  id: 'own',
  title: 'Own',
  query,
  variables: '{"a":1}',
  headers: null,
  operationName: null,
  response: null,
});
const queriesIn = (state: ReturnType<typeof withExamples>) => state?.tabs.map(({ query }) => query);

it('a new visitor finds every example, each under the name of its operation', () => {
  const state = withExamples(null, examples);
  expect(queriesIn(state)).toEqual(examples);
  expect(state?.tabs.map(({ title }) => title)).toEqual(['Viewer', 'Users', 'Deals', 'CreateBranch']);
  expect(readTabState(JSON.stringify(state))).toEqual(state);
});

it('closed and changed examples come back beside what else is open, and the first of them is shown', () => {
  const open = { activeTabIndex: 0, tabs: [tab('{ own }'), tab(examples[0] ?? '')] } as const;
  const state = withExamples({ activeTabIndex: 0, tabs: [...open.tabs] }, examples);
  expect(queriesIn(state)).toEqual(['{ own }', ...examples]);
  expect(state?.activeTabIndex).toBe(2);
});

it('examples that are all open are not opened twice', () => {
  const state = withExamples(withExamples(null, examples), examples);
  expect(queriesIn(state)).toEqual(examples);
});

it('empty tabs are not kept beside the examples', () => {
  const state = withExamples({ activeTabIndex: 0, tabs: [tab(null), tab(' ')] }, examples);
  expect(queriesIn(state)).toEqual(examples);
});

it('the tab that was looked at is opened with its own contents', () => {
  const tabs: [ReturnType<typeof tab>, ReturnType<typeof tab>] = [tab('{ one }'), tab('{ two }')];
  expect(activeContents({ activeTabIndex: 1, tabs })).toEqual({ query: '{ two }', variables: '{"a":1}' });
  expect(activeContents({ activeTabIndex: 9, tabs })).toMatchObject({ query: '{ one }' });
});

it.each([null, '', 'null', '{}', '{"activeTabIndex":0,"tabs":[]}', '{"activeTabIndex":0,"tabs":[{}]}'])(
  'what was kept as %j is not taken for tabs',
  (kept) => {
    expect(readTabState(kept)).toBeNull();
  },
);

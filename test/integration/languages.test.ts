import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { ClientAnswer, ClientRequest } from '../support/graphql-client.ts';
import { fetchOf } from '../support/request-paths.ts';
import { issueAdminToken } from '../support/tokens.ts';

let fleet: TestFleet;
let token: string;
let brokenToken: string;
let adminId: string;
let roleId: string;

beforeAll(async () => {
  fleet = await createTestFleet({ ALLOWED_ORIGINS: 'https://app.test' });
  const [acme, broken] = await Promise.all([fleet.provision('acme01'), fleet.provision('broken1')]);
  const adminOf = ({ db }: typeof acme) => db.user.findFirstOrThrow({ where: { username: 'admin' } });
  const admin = await adminOf(acme);
  adminId = admin.id;
  roleId = admin.roleId ?? '';
  token = await issueAdminToken(fleet, 'acme01', adminId);
  brokenToken = await issueAdminToken(fleet, 'broken1', (await adminOf(broken)).id);
  await broken.runAsOwner('ALTER TABLE sys.branches RENAME COLUMN code TO not_code');
});
afterAll(() => fleet.close());

const hangul = /\p{Script=Hangul}/u;

/** Values of `Accept-Language`, and the resulting language (RFC 9110, section 12.5.4). */
const wishes: readonly (readonly [string, string | null, 'en' | 'ko'])[] = [
  ['ko', 'ko', 'ko'],
  ['Korean of Korea above English', 'ko-KR,en;q=0.5', 'ko'],
  ['Korean in capitals', 'KO', 'ko'],
  ['Korean below French', 'fr, ko;q=0.4', 'ko'],
  ['English', 'en', 'en'],
  ['English above Korean', 'en-GB,en;q=0.9,ko;q=0.8', 'en'],
  ['Korean that is not wanted', 'ko;q=0', 'en'],
  ['French alone', 'fr', 'en'],
  ['anything', '*', 'en'],
  ['nothing', '', 'en'],
  ['garbage', ';;q=,,\u00e9=ko=;q=x', 'en'],
  ['10 kB', 'xx-yy;q=0.1,'.repeat(850), 'en'],
  ['no header', null, 'en'],
];

/** Requests that fail, one for each way in which that is told. */
const failures: Readonly<Record<string, () => readonly [string, ClientRequest]>> = {
  'a field that needs a sign-in': () => ['{ me { id } }', {}],
  'a wrong password': () => [
    'mutation { login(input: { tenantKey: "acme01", username: "admin", password: "Wrong" }) { expiresIn } }',
    {},
  ],
  'a token that is none': () => ['{ me { id } }', { token: 'garbage' }],
  'an input with many wrong fields': () => [
    `mutation { createUser(input: {
      username: "a", email: "no", password: "short", fullName: " ", phone: "call me", departmentId: "x"
    }) { id } }`,
    { token },
  ],
  'an input with wrong fields and right ids': () => [
    'mutation { createUser(input: { username: "a", email: "no", password: "aaaaaaaa", fullName: " ", phone: "call" }) { id } }',
    { token },
  ],
  'a reference to what is not there': () => [
    'mutation ($id: ID!, $role: ID!) { updateUser(userId: $id, input: { branchId: $role }) { id } }',
    { token, variables: { id: adminId, role: roleId } },
  ],
  'a conflict': () => [
    'mutation { createRole(input: { code: "tenant_admin", name: "N", permissions: [] }) { id } }',
    { token },
  ],
  'a system role': () => [
    'mutation ($id: ID!) { deleteRole(roleId: $id) { success } }',
    { token, variables: { id: roleId } },
  ],
  'what is not there': () => [
    'mutation ($id: ID!) { deleteUser(userId: $id) { success } }',
    { token, variables: { id: roleId } },
  ],
  'a page size': () => ['{ users(first: 101) { edges { cursor } } }', { token }],
  'a cursor': () => ['{ users(after: "x") { edges { cursor } } }', { token }],
  'a field that does not exist': () => ['{ secrets }', { token }],
  'a document that does not parse': () => ['{', { token }],
  'a variable of the wrong type': () => [
    'query ($id: ID!) { user(userId: $id) { id } }',
    { token, variables: { id: {} } },
  ],
  'an enum value that does not exist': () => [
    '{ users(orderBy: { field: NAME }) { edges { cursor } } }',
    { token },
  ],
  'an argument that does not exist': () => ['{ users(frist: 1) { edges { cursor } } }', { token }],
  'a moment that is a number': () => ['{ auditLog(from: 5) { edges { cursor } } }', { token }],
  'an id that is a number': () => [
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    { token, variables: { ids: [1.5] } },
  ],
  'operations without a name to choose by': () => [
    'query A { __typename } query B { __typename }',
    { token },
  ],
  'no document': () => ['', { token }],
  'a query that is too dear': () => [
    `{ ${['a', 'b', 'c', 'd', 'e'].map((alias) => `${alias}: users(first: 100) { edges { node { role { permissions { code } } } } }`).join(' ')} }`,
    { token },
  ],
  'a fault of ours': () => [
    '{ branches { edges { node { code } } } }',
    { token: brokenToken, headers: { 'x-request-id': 'trace-me' } },
  ],
};

async function fail(name: string, accept: string | null): Promise<ClientAnswer> {
  const [query, request] = failures[name]?.() ?? ['', {}];
  const headers = { ...request.headers, ...(accept === null ? {} : { 'accept-language': accept }) };
  return fleet.graphql(query, { ...request, headers });
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'path' in value && 'message' in value;

const problemsOf = ({ errors }: ClientAnswer): Problem[] =>
  errors.flatMap(({ extensions: { fields } }) => (Array.isArray(fields) ? fields.filter(isProblem) : []));

/** Everything of an answer that is not for people. */
const contractOf = (answer: ClientAnswer) => ({
  status: answer.status,
  data: answer.data,
  errors: answer.errors.map(({ path, extensions: { fields, ...facts } }) => ({ path, ...facts })),
  fields: problemsOf(answer).map(({ path }) => path),
});

const sentencesOf = (answer: ClientAnswer) => [
  ...answer.errors.map(({ message }) => message),
  ...problemsOf(answer).map(({ message }) => message),
];

describe.each(Object.keys(failures))('the refusal of %s', (name) => {
  it('has the same codes, paths and facts in every language', async () => {
    const expected = contractOf(await fail(name, 'en'));
    expect(expected.errors.length).toBeGreaterThan(0);
    const answers = await Promise.all(wishes.map(([, accept]) => fail(name, accept)));
    expect(answers.map(contractOf)).toEqual(wishes.map(() => expected));
  });

  it('speaks Korean throughout to who prefers it', async () => {
    const sentences = sentencesOf(await fail(name, 'ko-KR,en;q=0.5'));
    expect(sentences.filter((sentence) => !hangul.test(sentence))).toEqual([]);
    // Names and values are quoted, or follow a colon; nothing else is Latin for long.
    const unquoted = sentences.map((sentence) => sentence.replace(/".*?"|“.*?”|: .*/g, ''));
    expect(unquoted.filter((sentence) => /[A-Za-z]{2,} [A-Za-z]{2,}/.test(sentence))).toEqual([]);
  });

  it('speaks English throughout otherwise', async () => {
    const sentences = sentencesOf(await fail(name, 'fr'));
    expect(sentences.filter((sentence) => hangul.test(sentence))).toEqual([]);
  });
});

describe('the language of an answer', () => {
  it.each(wishes)('is right for %s', async (_wish, accept, language) => {
    const answer = await fail('a field that needs a sign-in', accept);
    expect(answer.headers.get('content-language')).toBe(language);
    expect(hangul.test(answer.errors[0]?.message ?? '')).toBe(language === 'ko');
  });

  it.each([
    ['a mutation by GET', 'mutation { logout { success } }'],
    ['a parameter that is no JSON', '{ __typename }&variables=x'],
    ['a parameter that is no object', '{ __typename }&variables=1'],
  ])('is Korean throughout of %s', async (_case, query) => {
    const [document = '', ...others] = query.split('&');
    const parameters = [`query=${encodeURIComponent(document)}`, ...others].join('&');
    const response = await fetchOf(fleet.app)(
      new Request(`http://api.test/graphql?${parameters}`, { headers: { 'accept-language': 'ko' } }),
    );
    const { errors } = z
      .object({ errors: z.array(z.object({ message: z.string() })) })
      .parse(await response.json());
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/니다[.:]/)]);
  });

  it('is told to caches, beside the origin that the answer is for', async () => {
    const { headers } = await fleet.graphql('{ __typename }', { headers: { origin: 'https://app.test' } });
    const varies = (headers.get('vary') ?? '').split(/, */);
    expect(varies).toEqual(expect.arrayContaining(['Origin', 'Accept-Language']));
    expect(headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(headers.get('access-control-expose-headers')).not.toMatch(/language/i);
  });

  it('may be asked for by pages of the allowed origins', async () => {
    const response = await fetchOf(fleet.app)(
      new Request('http://api.test/graphql', {
        method: 'OPTIONS',
        headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
      }),
    );
    expect(response.headers.get('access-control-allow-headers')).toMatch(/accept-language/i);
    expect(response.headers.get('content-language')).toBeNull();
  });

  it.each(['en', 'ko'])('is that of the message of what was done, too: %s', async (language) => {
    const created = await fleet.graphql(
      `mutation { createBranch(input: { code: "of-${language}", name: "Harbour" }) { id } }`,
      { token },
    );
    const { data } = await fleet.graphql('mutation ($id: ID!) { deleteBranch(branchId: $id) { message } }', {
      token,
      variables: { id: created.data.createBranch.id },
      headers: { 'accept-language': language },
    });
    expect(data.deleteBranch.message).toBe(
      language === 'ko' ? '“Harbour” 지점 정보를 삭제했습니다.' : 'The branch “Harbour” was deleted.',
    );
  });
});

describe('what every tenant has of roles and permissions', () => {
  const rolesIn = async (language: string, list = 'roles(first: 50)') => {
    const { data, errors } = await fleet.graphql(
      `{ ${list} { edges { node { code name label description permissions { code description } } } } }`,
      { token, headers: { 'accept-language': language } },
    );
    expect(errors).toEqual([]);
    return new Map<string, Record<string, unknown>>(
      data.roles.edges.map(({ node }: { node: { code: string } }) => [node.code, node]),
    );
  };

  it('is named and described in the client’s language', async () => {
    const inKorean = (await rolesIn('ko')).get('tenant_user');
    expect(inKorean).toMatchObject({
      code: 'tenant_user',
      name: 'Tenant user',
      label: '일반 사용자',
      description: '회사의 사용자를 조회하고, 휴가를 신청하고, 출퇴근을 기록할 수 있습니다.',
    });
    expect(inKorean?.permissions).toContainEqual({ code: 'users:read', description: '사용자 조회' });
    const inEnglish = (await rolesIn('en')).get('tenant_user');
    expect(inEnglish).toMatchObject({
      label: 'Tenant user',
      description: 'Sees the people of this tenant, asks for leave, and clocks in and out.',
    });
    expect(inEnglish?.permissions).toContainEqual({ code: 'users:read', description: 'See users.' });
  });

  it('is no name of a role that people have made, whatever they call it', async () => {
    const input = { code: 'same', name: 'Tenant user', description: 'See users.', permissions: [] };
    await fleet.graphql('mutation ($input: RoleCreateInput!) { createRole(input: $input) { id } }', {
      token,
      variables: { input },
    });
    expect((await rolesIn('ko')).get('same')).toMatchObject({
      label: 'Tenant user',
      description: 'See users.',
    });
  });

  it('is searched and ordered by the same name in every language', async () => {
    const list = 'roles(first: 50, search: "Tenant", orderBy: { field: NAME, direction: ASC })';
    expect([...(await rolesIn('ko', list)).keys()]).toEqual([...(await rolesIn('en', list)).keys()]);
  });
});

describe('a wrong input', () => {
  it('is named field by field, each with its path, in both languages', async () => {
    const messages = async (language: string) =>
      problemsOf(await fail('an input with wrong fields and right ids', language)).map(
        ({ path, message }) => [path.join('.'), message] as const,
      );
    expect(await messages('en')).toEqual([
      ['input.username', expect.stringContaining('Use at least 3 letters')],
      ['input.password', 'Use at least one upper-case letter.'],
      ['input.password', 'Use at least one digit.'],
      ['input.password', 'Use at least one symbol.'],
      ['input.email', 'Not an email address.'],
      ['input.fullName', 'This field is required.'],
      ['input.phone', 'Not a phone number.'],
    ]);
    expect(await messages('ko')).toEqual([
      ['input.username', expect.stringContaining('3자 이상')],
      ['input.password', '영문 대문자를 하나 이상 포함해 주세요.'],
      ['input.password', '숫자를 하나 이상 포함해 주세요.'],
      ['input.password', '특수문자를 하나 이상 포함해 주세요.'],
      ['input.email', '이메일 주소 형식이 올바르지 않습니다.'],
      ['input.fullName', '필수 입력 항목입니다.'],
      ['input.phone', '전화번호 형식이 올바르지 않습니다.'],
    ]);
  });
});

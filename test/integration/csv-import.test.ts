import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let admin: Person;
let server: ListeningServer;

beforeAll(async () => {
  fleet = await createTestFleet({ ALLOWED_ORIGINS: 'https://app.test' });
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta01');
  admin = await addAdministrator(fleet, acme);
  server = await listen(fleet.app, '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const answerSchema = z.object({
  imported: z.boolean().optional(),
  encoding: z.string().optional(),
  rowCount: z.int().optional(),
  faultCount: z.int().optional(),
  faults: z
    .array(
      z.object({ line: z.int(), column: z.string().nullable(), message: z.string(), reason: z.string() }),
    )
    .default([]),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.looseObject({ code: z.string() }) }))
    .default([]),
});

async function send(
  what: string,
  file: string | Uint8Array | ReadableStream<Uint8Array>,
  { token = admin.token, headers = {} }: { token?: string | null; headers?: Record<string, string> } = {},
) {
  const init = {
    method: 'POST',
    headers: {
      'content-type': 'text/csv',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: file instanceof Uint8Array ? Uint8Array.from(file) : file,
    // What Node.js demands for a stream.
    duplex: 'half',
  };
  const response = await fetch(`http://127.0.0.1:${server.port}/import/${what}`, init);
  const answer = answerSchema.parse(await response.json());
  return {
    status: response.status,
    ...answer,
    codes: answer.errors.map(({ extensions }) => extensions.code),
  };
}

/** The faults of a file of customers, as `line column REASON`. */
async function faultsOf(file: string, what = 'customers'): Promise<string[]> {
  const before = await acme.db.customer.count();
  const { status, faults, imported, faultCount } = await send(what, file);
  expect({ status, imported, faultCount }).toEqual({
    status: 422,
    imported: false,
    faultCount: faults.length,
  });
  expect(await acme.db.customer.count()).toBe(before);
  return faults.map(({ line, column, reason }) => `${line} ${column} ${reason}`);
}

const code = () => `i-${randomUUID().slice(0, 8)}`;
const customer = (wanted: string) => acme.db.customer.findFirst({ where: { code: wanted } });

describe('a file of customers', () => {
  it('is imported with every kind of value, by whom and when, in one record of the audit log', async () => {
    const [one, two] = [code(), code()];
    const { status, imported, rowCount, encoding } = await send(
      'customers',
      `code,Name,status,tags,businessNumber,phone,ownerUsername,Email\r\n${one},"홍, ""길동""",active,a;b,220-81-62517,'+82 2 1234,${admin.username},A@x.kr\r\n${two},둘,,,,,,\r\n`,
    );
    expect({ status, imported, rowCount, encoding }).toEqual({
      status: 200,
      imported: true,
      rowCount: 2,
      encoding: 'utf-8',
    });
    expect(await customer(one)).toMatchObject({
      name: '홍, "길동"',
      status: 'ACTIVE',
      tags: ['a', 'b'],
      businessNumber: '2208162517',
      phone: '+82 2 1234',
      email: 'a@x.kr',
      ownerId: admin.id,
      createdBy: admin.id,
      updatedBy: admin.id,
    });
    expect(await customer(two)).toMatchObject({ status: 'LEAD', kind: 'COMPANY', tags: [], ownerId: null });
    const records = await acme.db.auditRecord.findMany({
      where: { action: 'customer.import', userId: admin.id },
    });
    expect(records.map(({ changes }) => changes)).toEqual([{ rows: { before: null, after: 2 } }]);
  });

  it.each([
    ['UTF-8', (text: string) => Buffer.from(text), 'utf-8'],
    ['UTF-8 with a byte order mark', (text: string) => Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['CP949', (text: string) => iconv.encode(text, 'cp949'), 'cp949'],
  ])('may be %s, with the names of its columns and values in Korean', async (_name, encode, encoding) => {
    const wanted = code();
    const file = encode(`고객코드,고객명,구분,상태\r\n${wanted},똠방각하 펲시,개인,휴면\r\n`);
    expect(await send('customers', file)).toMatchObject({ status: 200, encoding });
    expect(await customer(wanted)).toMatchObject({
      name: '똠방각하 펲시',
      kind: 'PERSON',
      status: 'DORMANT',
    });
  });

  it('may arrive in pieces that cut characters', async () => {
    const wanted = code();
    const bytes = iconv.encode(`코드,이름\n${wanted},가나다라마바사`, 'cp949');
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 3) controller.enqueue(bytes.subarray(at, at + 3));
        controller.close();
      },
    });
    expect(await send('customers', pieces)).toMatchObject({ status: 200, encoding: 'cp949' });
    expect(await customer(wanted)).toMatchObject({ name: '가나다라마바사' });
  });

  it('has its texts back as they were before an export', async () => {
    const names = [`'=1`, `''=1`, `'s`, '=1'];
    const rows = names.map((name) => ({ wanted: code(), name }));
    // As csv-export.test.ts shows them.
    const cells = [`''=1`, `'''=1`, `'s`, `'=1`];
    const lines = rows.map(({ wanted }, index) => `${wanted},${cells[index]}`);
    expect(await send('customers', ['code,name', ...lines].join('\n'))).toMatchObject({ status: 200 });
    for (const { wanted, name } of rows) expect(await customer(wanted)).toMatchObject({ name });
  });

  it('is only checked in a dry run', async () => {
    const wanted = code();
    expect(await send('customers?dryRun=true', `code,name\n${wanted},x`)).toMatchObject({
      status: 200,
      imported: false,
      rowCount: 1,
      faultCount: 0,
    });
    expect(await send('customers?dryRun=true', `code,name\n${wanted},`)).toMatchObject({
      status: 200,
      imported: false,
      faultCount: 1,
    });
    expect(await customer(wanted)).toBeNull();
  });

  it.each(['dryRun=1', 'dryRun=TRUE', 'dryrun=true', 'dryRun', 'dryRun=true&dryRun=false'])(
    'is not imported when it is sent with ?%s',
    async (parameters) => {
      const wanted = code();
      const answer = await send(`customers?${parameters}`, `code,name\n${wanted},x`);
      expect(answer).toMatchObject({ status: 400, codes: ['QUERY_INVALID'] });
      expect(answer.errors[0]?.message).toContain(/^\w+/.exec(parameters)?.[0]);
      expect(await customer(wanted)).toBeNull();
    },
  );

  it('is not sent compressed, which is told', async () => {
    const { status, errors } = await send('customers', gzipSync(`code,name\n${code()},x`), {
      headers: { 'content-encoding': 'gzip' },
    });
    expect(status).toBe(415);
    expect(errors[0]?.message).toContain('Content-Encoding');
  });

  it('is refused as a whole, naming line and column of each fault, also behind line breaks in cells', async () => {
    const used = code();
    await addRow(acme.db, 'Customer', { code: used });
    const twice = code();
    expect(
      await faultsOf(
        [
          '코드,이름,이메일,상태,사업자번호,담당자',
          `${code()},"with\nline\nbreaks",x,,,`,
          '',
          `${twice},,a@b.kr,HAPPY,1234567890,`,
          `${twice},이름,,,,`,
          `${used},이름,,,,nobody-of-this-name`,
          `not a code,이름,,,,,,more`,
        ].join('\r\n'),
      ),
    ).toEqual([
      '2 이름 INVALID_CHARACTERS',
      '2 이메일 INVALID_FORMAT',
      '6 이름 REQUIRED',
      '6 사업자번호 INVALID_FORMAT',
      '6 상태 INVALID_VALUE',
      '8 담당자 NOT_FOUND',
      '8 코드 TAKEN',
      '9 null TOO_MANY',
      '9 코드 INVALID_FORMAT',
    ]);
  });

  it('names the line that has a value already, and values that are taken', async () => {
    const used = code();
    await addRow(acme.db, 'Customer', { code: used });
    const file = `code,name\na-1,x\n${used},x\na-1,y`;
    expect(await faultsOf(file)).toEqual(['3 code TAKEN', '4 code TAKEN']);
    const { faults } = await send('customers', file, { headers: { 'accept-language': 'ko' } });
    expect(faults[1]?.message).toBe('파일의 2번째 줄에 이미 있는 값입니다.');
  });

  it('names customers that are there already, by name and telephone number, of those that its sender sees', async () => {
    const phone = '02-7777-1234';
    const own = await addScopedPerson(fleet, acme, { 'customers:read': 'OWN', 'customers:write': 'OWN' });
    await addRow(acme.db, 'Customer', { label: 'Hanbit', phone });
    const file = `코드,이름,전화\n${code()},ＨＡＮＢＩＴ,(02) 77771234\n${code()},Seorin,02 7777 1234\n${code()},seorin,${phone}`;
    expect(await faultsOf(file)).toEqual(['2 전화 TAKEN', '4 전화 TAKEN']);
    const dry = await send('customers?dryRun=true', file, { token: own.token });
    expect(dry.faults).toMatchObject([
      { line: 4, message: 'Line 3 of the file has a customer with this name and telephone number already.' },
    ]);
  });

  it.each([
    ['an unknown column', 'code,name,colour\na,b,c', ['1 colour INVALID_VALUE']],
    ['a column twice', 'code,name,코드\na,b,c', ['1 코드 NOT_COMBINABLE']],
    ['a column that is missing', 'name\nb', ['1 code REQUIRED']],
    ['no rows', 'code,name\n\n', ['1 null REQUIRED']],
    ['a cell in a column without a name', 'code,name,\na,b,\nc,d,e', ['3 null TOO_MANY']],
    ['semicolons', 'code;name\na;b', ['1 code;name INVALID_FORMAT', '1 code REQUIRED', '1 name REQUIRED']],
    ['tabs', 'code\tname\na\tb', ['1 code\tname INVALID_FORMAT', '1 code REQUIRED', '1 name REQUIRED']],
    ['nothing at all', '', ['1 null REQUIRED']],
    ['a quotation mark that is never closed', 'code,name\na,"b', ['2 null INVALID_FORMAT']],
    ['a line without an end', `code,name\na,${'x'.repeat(70_000)}`, ['2 null TOO_LONG']],
    ['a text too long for its field', `code,name\na,${'x'.repeat(129)}`, ['2 name TOO_LONG']],
  ])('with %s is refused', async (_what, file, expected) => {
    expect(await faultsOf(file)).toEqual(expected);
  });

  it('with bytes of no encoding is refused where they are', async () => {
    const file = Buffer.concat([
      Buffer.from('code,name\nb-1,x\nb-2,'),
      Buffer.from([0xff, 0xff]),
      Buffer.from('\n'),
    ]);
    const { faults, encoding } = await send('customers', file);
    expect(encoding).toBe('cp949');
    expect(faults.map(({ line, column, reason }) => `${line} ${column} ${reason}`)).toEqual([
      '3 name INVALID_CHARACTERS',
    ]);
  });

  it.each([
    ['with a byte order mark', '\ufeffcode,name\nb-1,가'],
    ['in Korean', '코드,이름\nb-1,가'],
  ])('in UTF-8 %s stays that when its last character is cut', async (_how, text) => {
    const { status, faults, encoding } = await send('customers', Buffer.from(text).subarray(0, -1));
    expect({ status, encoding }).toEqual({ status: 422, encoding: 'utf-8' });
    expect(faults).toMatchObject([{ line: 2, reason: 'INVALID_CHARACTERS' }]);
  });

  it('has its first hundred faults told, and all counted', async () => {
    const { faults, faultCount } = await send('customers', `code,name\n${'a,\n'.repeat(700)}`);
    expect(faults).toHaveLength(100);
    expect(faultCount).toBe(700);
  });

  // How much memory that takes is measured in test/faults/import-memory.
  it('of thousands of rows is imported as it arrives', async () => {
    const prefix = code();
    let row = 0;
    const file = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (row === 0) controller.enqueue(Buffer.from('code,name,phone,address,tags,ownerUsername\n'));
        const lines = Array.from(
          { length: 500 },
          () =>
            `${prefix}-${row++},주식회사 고객 ${row},02-123-4567,서울특별시 중구 세종대로 110 시청빌딩 ${row}층,가;나,${admin.username}\n`,
        );
        controller.enqueue(Buffer.from(lines.join('')));
        if (row === 5_000) controller.close();
      },
    });
    expect(await send('customers', file)).toMatchObject({ status: 200, rowCount: 5_000 });
    expect(await acme.db.customer.count({ where: { code: { startsWith: prefix } } })).toBe(5_000);
  });
});

describe('a file of contacts', () => {
  it('names customers by their code, of the same tenant alone', async () => {
    const own = code();
    const customerId = await addRow(acme.db, 'Customer', { code: own });
    const foreign = code();
    await addRow(beta.db, 'Customer', { code: foreign });
    const name = `contact ${own}`;
    expect(await send('contacts', `name,customerCode\n${name},${own}`)).toMatchObject({ status: 200 });
    expect(await acme.db.contact.findFirst({ where: { name } })).toMatchObject({
      customerId,
      isPrimary: false,
    });
    expect(await faultsOf(`name,customerCode\n${name},${foreign}`, 'contacts')).toEqual([
      '2 customerCode NOT_FOUND',
    ]);
  });
});

describe('who imports', () => {
  it('needs the permission, and a token: a cookie is not enough', async () => {
    const reader = await addPerson(fleet, acme, { permissions: ['customers:read'] });
    const file = 'code,name\na,b';
    expect(await send('customers', file, { token: reader.token })).toMatchObject({
      status: 403,
      codes: ['FORBIDDEN'],
    });
    expect(
      await send('customers', file, { token: null, headers: { cookie: '__Secure-cxg_refresh_acme01=x' } }),
    ).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
  });

  it('gets rows of their own when their scope has no others', async () => {
    const own = await addScopedPerson(fleet, acme, { 'customers:write': 'OWN', 'customers:read': 'OWN' });
    const wanted = code();
    expect(await send('customers', `code,name\n${wanted},x`, { token: own.token })).toMatchObject({
      status: 200,
    });
    expect(await customer(wanted)).toMatchObject({ ownerId: own.id });
    const { faults } = await send('customers', `code,name,ownerUsername\n${code()},x,${admin.username}`, {
      token: own.token,
    });
    expect(faults.map(({ column, reason }) => `${column} ${reason}`)).toEqual(['ownerUsername NOT_FOUND']);
    const second = await addScopedPerson(fleet, acme, { 'customers:write': 'OWN', 'users:read': 'ALL' });
    const refused = await send('customers', `code,name,ownerUsername\n${code()},x,${admin.username}`, {
      token: second.token,
    });
    expect(refused.faults.map(({ column, reason }) => `${column} ${reason}`)).toEqual([
      'ownerUsername OUT_OF_REACH',
    ]);
  });

  it('sends a type that takes a preflight, from an origin that is allowed', async () => {
    expect(
      await send('customers', 'code,name\na,b', {
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      }),
    ).toMatchObject({ status: 415, codes: ['UNSUPPORTED_MEDIA_TYPE'] });
    const preflight = (origin: string) =>
      fetch(`http://127.0.0.1:${server.port}/import/customers`, { method: 'OPTIONS', headers: { origin } });
    expect((await preflight('https://app.test')).headers.get('access-control-allow-origin')).toBe(
      'https://app.test',
    );
    expect((await preflight('https://evil.test')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('sends a file within the limit', async () => {
    let sent = 0;
    const piece = Buffer.alloc(1_048_576, 'x');
    const file = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 33) controller.enqueue(piece);
        else controller.close();
      },
    });
    expect(await send('customers', file)).toMatchObject({ status: 413, codes: ['PAYLOAD_TOO_LARGE'] });
  });
});

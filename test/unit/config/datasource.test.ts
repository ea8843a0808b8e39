import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Datasource,
  DatasourceUrlError,
  datasourceUrl,
  parseDatasourceUrl,
  parsePrismaUrl,
} from '../../../src/config/datasource.ts';

function faultOf(url: string): string {
  try {
    parseDatasourceUrl(url);
  } catch (error) {
    if (error instanceof DatasourceUrlError) return error.message;
    throw error;
  }
  return 'accepted';
}

const plain = { host: 'db', port: 5432, database: 'central', user: 'cxg', password: 'secret' };

describe('parseDatasourceUrl', () => {
  it.each<[string, Partial<Datasource>]>([
    ['postgresql://cxg:secret@db/central', {}],
    ['POSTGRES://cxg:secret@db:6432/central', { port: 6432 }],
    ['postgres://cxg:secret@db', { database: 'postgres' }],
    ['postgres://cxg:secret@db/', { database: 'postgres' }],
    ['postgresql://cxg@db/central', { password: '' }],
    ['postgresql://cxg:secret@[2001:db8::1]:6432/central', { host: '2001:db8::1', port: 6432 }],
    ['postgresql://cxg:secret@/central', { host: 'localhost' }],
    ['postgresql://cxg:secret@:6432/central', { host: 'localhost', port: 6432 }],
    ['postgresql://cxg:secret@/central?host=/run/postgresql', { host: '/run/postgresql' }],
    ['postgresql://cxg:secret@localhost:5491/central?host=/run', { host: '/run', port: 5491 }],
    ['postgresql://cxg:secret@/central?host=%2Frun%2Fa%20b&port=6432', { host: '/run/a b', port: 6432 }],
    ['postgresql://cxg:secret@%2Fvar%2Frun%2Fpostgresql/central', { host: '/var/run/postgresql' }],
    ['postgresql://cxg:secret@other:1/central?host=db&port=6432', { port: 6432 }],
    ['postgresql://cxg:secret@db/central\n', {}],
    ['postgresql://cxg:secret@db/central?connect_timeout=10&pgbouncer=true&schema=public', {}],
    ['postgresql://cxg:secret@db/central?channel_binding=prefer&gssencmode=disable', {}],
    ['postgresql://cxg:%23%2F%3F%40%3A%25%5B%20%2B@db/central', { password: '#/?@:%[ +' }],
    ['postgresql://cxg:a:b@db/central', { password: 'a:b' }],
    ['postgresql://c%40g:secret@db/a%2Fb', { user: 'c@g', database: 'a/b' }],
    ['postgresql://cxg:secret@db/central?sslmode=require', { tls: { sslmode: 'require' } }],
    ['postgresql://cxg:secret@db/central?ssl=true', { tls: { sslmode: 'require' } }],
    [
      'postgresql://cxg:secret@db/central?sslmode=verify-full&sslrootcert=/a+b.pem',
      { tls: { sslmode: 'verify-full', sslrootcert: '/a+b.pem' } },
    ],
  ])('reads %j', (url, parts) => {
    expect(parseDatasourceUrl(url)).toEqual({ ...plain, ...parts });
  });

  it.each([
    'se#cret',
    'se/cret',
    'se?cret',
    '1#2',
    '1/2',
    '1?2',
    '12/a@b',
    'se%cret',
    'se%zzcret',
    'se\tcret',
    'se\ncret',
    '1?sslmode',
  ])('says what to encode when the password is %j', (password) => {
    const fault = faultOf(`postgresql://cxg:${password}@db:5432/central`);
    expect(fault).toContain('must be percent-encoded: # as %23');
    expect(fault).not.toContain(password);
  });

  it.each<[string, string]>([
    ['mysql://cxg:secret@db/central', 'it must start with postgresql:// or postgres://'],
    ['db', 'it must start with postgresql:// or postgres://'],
    ['postgresql:cxg@db', 'it must start with postgresql:// or postgres://'],
    ['postgresql://db/central', 'it must name a user'],
    ['postgresql://:secret@db/central', 'it must name a user'],
    ['postgresql://cxg:secret@a,b/central', 'it names several hosts, and must name one'],
    ['postgresql://cxg:secret@a:1,b:2/central', 'it names several hosts, and must name one'],
    ['postgresql://cxg:secret@/central?host=a,b', 'it names several hosts, and must name one'],
    ['postgresql://cxg:secret@db:99999/central', 'its port must be a whole number from 1 to 65535'],
    ['postgresql://cxg:secret@db:0/central', 'its port must be a whole number from 1 to 65535'],
    ['postgresql://cxg:secret@db/central?port=1,2', 'its port must be a whole number from 1 to 65535'],
    ['postgresql://cxg:secret@/central?host=@x', "its host is an abstract socket, which isn't supported"],
    ['postgresql://cxg:secret@db/central?schema=other', 'its parameter schema must be public, or left out'],
    [
      'postgresql://cxg:secret@db/central?sslmode=require&sslmode=disable',
      'it has the parameter sslmode twice',
    ],
    ['postgresql://cxg:secret@db/central?ssl=true&sslmode=disable', 'it has the parameter sslmode twice'],
    [
      'postgresql://cxg:secret@db/central?sslmode=no-verify',
      "its sslmode no-verify is not one of libpq's: use require",
    ],
    [
      'postgresql://cxg:secret@db/central?sslmode=on',
      'its sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full',
    ],
    [
      'postgresql://cxg:secret@db/central?sslmode=verify-ca',
      'its sslrootcert is missing: sslmode=verify-ca needs the file of the CA',
    ],
    [
      'postgresql://cxg:secret@db/central?sslrootcert=system',
      'its sslmode must be verify-full with sslrootcert=system',
    ],
    [
      'postgresql://cxg:secret@db/central?sslrootcert=ca.pem',
      'its sslrootcert must be an absolute path, or system',
    ],
    ['postgresql://cxg:secret@db/central?sslcert=/c.pem', 'its sslkey is missing: sslcert needs it'],
  ])('refuses %j', (url, fault) => {
    expect(faultOf(url)).toBe(fault);
  });

  it.each([
    'hostaddr=10.0.0.1',
    'options=-c%20x',
    'service=x',
    'passfile=/x',
    'sslcrl=/x',
    'sslpassword=x',
    'ssl=false',
    'ssl_min_protocol_version=TLSv1.3',
    'sslaccept=strict',
    'channel_binding=require',
    'gssencmode=require',
    'target_session_attrs=read-write',
    'sslnegotiation=direct',
    'user=other',
    'dbname=other',
    'password=x',
    'unheard_of=1',
  ])('does not ignore the parameter %s', (parameter) => {
    const [name] = parameter.split('=');
    expect(faultOf(`postgresql://cxg:secret@db/central?${parameter}`)).toBe(
      `its parameter ${name} isn't supported`,
    );
  });

  it('reads back every part that datasourceUrl has written', () => {
    const hostile = [
      '#',
      '/',
      '?',
      '@',
      ':',
      '%',
      '[',
      ']',
      ' ',
      '+',
      '&',
      '=',
      ',',
      '\\',
      '"',
      "'",
      '%41',
      '\t',
      '\n',
      'ü',
      '한',
      '🙂',
      'a',
      '0',
    ];
    const text = (length: number) =>
      Array.from({ length }, () => hostile[randomInt(hostile.length)]).join('');
    const hosts = ['db', 'db.example.com', '10.0.0.1', '::1', '/run/postgresql', '/tmp/a b#?&=%41+'];
    for (let round = 0; round < 500; round++) {
      const file = `/${text(4).replace(/[\t\n]/g, '')}`;
      const datasource: Datasource = {
        host: hosts[round % hosts.length] ?? '',
        port: randomInt(1, 65_536),
        database: text(1 + (round % 5)),
        user: text(1 + (round % 5)),
        password: text(round % 9),
        ...(round % 2 === 0
          ? {}
          : { tls: { sslmode: 'verify-full', sslrootcert: file, sslcert: file, sslkey: file } }),
      };
      expect(parseDatasourceUrl(datasourceUrl(datasource)), datasourceUrl(datasource)).toEqual(datasource);
    }
  });
});

it('parsePrismaUrl reads the schema of the record of migrations', () => {
  expect(parsePrismaUrl('postgresql://cxg:secret@db/central?schema=other')).toEqual({
    datasource: plain,
    schema: 'other',
  });
  expect(parsePrismaUrl('postgresql://cxg:secret@db/central').schema).toBe('public');
});

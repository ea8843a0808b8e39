/**
 * A process that answers the page with as little as possible: `node:http`, `pg` and one prepared statement. It takes a
 * tenant's key for a token, has a pool for each, and reads no query: the lower bound of what such a page costs.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import pg from 'pg';
import { z } from 'zod';
import { pageSize } from './requests.ts';
import { announcePort, listeningSchema } from './server-report.ts';

const environment = z
  .object({
    /** Databases by tenant key. */
    DATABASE_URLS: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(z.record(z.string(), z.string())),
    POOL_SIZE: z.coerce.number(),
  })
  .parse(process.env);

interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly full_name: string;
  readonly email: string;
  readonly created_at: Date;
  readonly department_id: string | null;
  readonly department_name: string | null;
  readonly role_id: string | null;
  readonly role_name: string | null;
}

interface Tenant {
  readonly key: string;
  readonly pool: pg.Pool;
}

const statement = {
  name: 'users_page',
  text: `SELECT u.id, u.username, u.full_name, u.email, u.created_at,
                d.id AS department_id, d.name AS department_name, r.id AS role_id, r.name AS role_name
         FROM sys.users u
         LEFT JOIN sys.departments d ON d.id = u.department_id
         LEFT JOIN sys.roles r ON r.id = u.role_id
         WHERE u.deleted_at IS NULL
         ORDER BY u.created_at DESC, u.id DESC
         LIMIT $1`,
  values: [pageSize + 1],
};

const tenants: ReadonlyMap<string | undefined, Tenant> = new Map(
  Object.entries(environment.DATABASE_URLS).map(([key, connectionString]) => [
    `Bearer ${key}`,
    // A connection that was opened stays open.
    { key, pool: new pg.Pool({ connectionString, max: environment.POOL_SIZE, idleTimeoutMillis: 0 }) },
  ]),
);

const server = createServer((request, response) => {
  request.resume();
  request.once('end', async () => {
    const tenant = tenants.get(request.headers.authorization);
    if (!tenant) {
      response.writeHead(404, { 'content-length': 0 }).end();
      return;
    }
    const body = JSON.stringify(await readPage(tenant));
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
announcePort(listeningSchema.parse(server.address()).port);

async function readPage({ key, pool }: Tenant) {
  const { rows } = await pool.query<UserRow>(statement);
  const edges = rows.slice(0, pageSize).map((row) => ({
    cursor: Buffer.from(`users:${key}:createdAt.desc:${row.id}:${row.created_at.getTime()}`).toString(
      'base64url',
    ),
    node: {
      id: globalId('User', row.id),
      username: row.username,
      fullName: row.full_name,
      email: row.email,
      department: reference('Department', row.department_id, row.department_name),
      role: reference('Role', row.role_id, row.role_name),
    },
  }));
  const pageInfo = { hasNextPage: rows.length > pageSize, endCursor: edges.at(-1)?.cursor ?? null };
  return { data: { users: { edges, pageInfo } } };
}

function globalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64');
}

function reference(type: string, id: string | null, name: string | null) {
  return id === null ? null : { id: globalId(type, id), name };
}

/**
 * A process that answers the page, and creates an asset with its audit record, with as little as possible: `node:http`,
 * `pg` and prepared statements. It takes a tenant's key for a token, has a pool for each, and reads no query: the lower
 * bound of what such requests cost.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import pg from 'pg';
import { z } from 'zod';
import { bareCreationPath, pageSize } from './requests.ts';
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

const creationSchema = z.object({ code: z.string(), name: z.string() });

const insertAsset = {
  name: 'insert_asset',
  text: 'INSERT INTO hrm.assets (id, code, name) VALUES ($1, $2, $3) RETURNING id',
};
const insertRecord = {
  name: 'insert_record',
  text: `INSERT INTO sys.audit_log (id, action, entity_type, entity_id, changes)
         VALUES ($1, 'asset.create', 'Asset', $2, $3)`,
};

const tenants: ReadonlyMap<string | undefined, Tenant> = new Map(
  Object.entries(environment.DATABASE_URLS).map(([key, connectionString]) => [
    `Bearer ${key}`,
    // A connection that was opened stays open.
    { key, pool: new pg.Pool({ connectionString, max: environment.POOL_SIZE, idleTimeoutMillis: 0 }) },
  ]),
);

const server = createServer((request, response) => {
  const tenant = tenants.get(request.headers.authorization);
  const answer = (result: object) => {
    const body = JSON.stringify(result);
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
  if (!tenant) {
    request.resume();
    response.writeHead(404, { 'content-length': 0 }).end();
  } else if (request.url === bareCreationPath) {
    json(request).then(async (body) => answer(await createAsset(tenant, creationSchema.parse(body))));
  } else {
    request.resume();
    request.once('end', async () => answer(await readPage(tenant)));
  }
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

async function createAsset({ pool }: Tenant, { code, name }: z.output<typeof creationSchema>) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>({
      ...insertAsset,
      values: [randomUUID(), code, name],
    });
    const id = rows[0]?.id;
    const changes = JSON.stringify({ code: { after: code }, name: { after: name } });
    await client.query({ ...insertRecord, values: [randomUUID(), id, changes] });
    await client.query('COMMIT');
    return { data: { row: { uuid: id } } };
  } finally {
    client.release();
  }
}

function globalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64');
}

function reference(type: string, id: string | null, name: string | null) {
  return id === null ? null : { id: globalId(type, id), name };
}

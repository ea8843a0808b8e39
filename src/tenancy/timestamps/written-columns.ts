/**
 * A table with timestamps that the program wrote from its own clock, as texts without an offset, before it wrote them
 * with one. Those that SQL's own `now()` wrote are right, and are not listed.
 */
export interface WrittenTable {
  /** The qualified name in SQL. */
  readonly name: string;
  /** The columns with times of the row's changes, apart from `created_at`. */
  readonly changes: readonly string[];
  /** True when the program wrote `created_at`. */
  readonly created: boolean;
  /** A column with times in the future, and an SQL expression for when each was written, by the database's clock. */
  readonly expiry?: { readonly column: string; readonly writtenAt: string };
  /** An SQL condition for rows whose `updated_at` was written by SQL. */
  readonly updatedBySql?: string;
}

const accounts = (name: string, history: string): WrittenTable => ({
  name,
  created: true,
  changes: ['updated_at', 'deleted_at'],
  // Passwords are set by SQL, which adds them to the history in the same transaction, of 15 s at most.
  updatedBySql: `EXISTS (SELECT FROM ${history} AS h WHERE h.account_id = ${name}.id
    AND abs(extract(epoch FROM h.created_at - ${name}.updated_at)) < 20)`,
  expiry: {
    column: 'password_expires_at',
    writtenAt: `(SELECT max(h.created_at) FROM ${history} AS h WHERE h.account_id = ${name}.id)`,
  },
});

const expiring = (name: string, writtenAt: string): WrittenTable => ({
  name,
  created: false,
  changes: [],
  expiry: { column: 'expires_at', writtenAt },
});

const tracked = (name: string, ...changes: readonly string[]): WrittenTable => ({
  name,
  created: true,
  changes,
});

/** The tables of a tenant's database. */
export const tenantTables: readonly WrittenTable[] = [
  accounts('sys.users', 'sys.password_history'),
  ...['roles', 'permissions', 'role_permissions', 'departments', 'branches'].map((table) =>
    tracked(`sys.${table}`, 'updated_at', 'deleted_at'),
  ),
  tracked('sys.audit_log'),
  expiring('sys.sessions', 'last_used_at'),
  expiring('sys.refresh_tokens', 'created_at'),
];

/** The tables of the central database. */
export const centralTables: readonly WrittenTable[] = [
  accounts('public.managers', 'public.manager_password_history'),
  tracked('public.tenants', 'updated_at'),
  tracked('public.credential_rotations', 'updated_at', 'finished_at'),
  tracked('public.provisioning_jobs', 'updated_at', 'finished_at'),
  tracked('public.audit_log'),
  expiring('public.manager_sessions', 'last_used_at'),
  expiring('public.manager_refresh_tokens', 'created_at'),
];

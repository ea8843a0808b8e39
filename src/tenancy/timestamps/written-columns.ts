/**
 * Where moments stand that the program wrote from its own clock, as texts without an offset, before it wrote them with
 * one. Whatever SQL's own `now()` wrote is right, and not among them.
 */
export interface WrittenTable {
  /** Qualified, as SQL names it. */
  readonly name: string;
  /** Moments of the row's changes, beside `created_at` where that is written so too. */
  readonly changes: readonly string[];
  /** Whether `created_at` is the program's. */
  readonly created: boolean;
  /** Moments in the future, each with an SQL condition for when it was written, by the database's clock. */
  readonly expiry?: { readonly column: string; readonly writtenAt: string };
  /** A condition for `updated_at` that SQL wrote. */
  readonly updatedBySql?: string;
}

const accounts = (name: string, history: string): WrittenTable => ({
  name,
  created: true,
  changes: ['updated_at', 'deleted_at'],
  // Setting a password is SQL's; it keeps the password in the history in the same transaction, of 15 s at most.
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

/** A tenant's database. Accounts come after nothing that is judged by them. */
export const tenantTables: readonly WrittenTable[] = [
  accounts('sys.users', 'sys.password_history'),
  ...['roles', 'permissions', 'role_permissions', 'departments', 'branches'].map((table) =>
    tracked(`sys.${table}`, 'updated_at', 'deleted_at'),
  ),
  tracked('sys.audit_log'),
  expiring('sys.sessions', 'last_used_at'),
  expiring('sys.refresh_tokens', 'created_at'),
];

/** The central database. */
export const centralTables: readonly WrittenTable[] = [
  accounts('public.managers', 'public.manager_password_history'),
  tracked('public.tenants', 'updated_at'),
  tracked('public.credential_rotations', 'updated_at', 'finished_at'),
  tracked('public.provisioning_jobs', 'updated_at', 'finished_at'),
  tracked('public.audit_log'),
  expiring('public.manager_sessions', 'last_used_at'),
  expiring('public.manager_refresh_tokens', 'created_at'),
];

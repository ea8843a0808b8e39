import { Prisma } from '../generated/tenant/client.ts';
import type { CentralClient, CentralTransaction } from './central-client.ts';
import type { TenantDatabase } from './tenant-client.ts';

/** A client of the central database, or one of its interactive transactions. */
export type CentralDatabase = CentralClient | CentralTransaction;

/** A database with accounts and their sessions: a tenant's, or the central one for managers. */
export interface IdentityDatabase {
  readonly sql: Pick<TenantDatabase | CentralDatabase, '$queryRaw' | '$executeRaw'>;
  readonly tables: IdentityTables;
}

/** The tables of accounts and sessions. Their columns are the same in both databases. */
export interface IdentityTables {
  readonly accounts: Prisma.Sql;
  readonly sessions: Prisma.Sql;
  readonly refreshTokens: Prisma.Sql;
  readonly passwordHistory: Prisma.Sql;
  readonly signInSources: Prisma.Sql;
  /** The condition that an account's access has not ended. */
  readonly hasAccess: Prisma.Sql;
}

const tenantTables: IdentityTables = {
  accounts: Prisma.sql`sys.users`,
  sessions: Prisma.sql`sys.sessions`,
  refreshTokens: Prisma.sql`sys.refresh_tokens`,
  passwordHistory: Prisma.sql`sys.password_history`,
  signInSources: Prisma.sql`sys.sign_in_sources`,
  hasAccess: Prisma.sql`(access_ends_at IS NULL OR access_ends_at > now())`,
};

const centralTables: IdentityTables = {
  accounts: Prisma.sql`public.managers`,
  sessions: Prisma.sql`public.manager_sessions`,
  refreshTokens: Prisma.sql`public.manager_refresh_tokens`,
  passwordHistory: Prisma.sql`public.manager_password_history`,
  signInSources: Prisma.sql`public.manager_sign_in_sources`,
  hasAccess: Prisma.sql`true`,
};

/** The users of a tenant and their sessions. */
export function tenantIdentity(sql: TenantDatabase): IdentityDatabase {
  return { sql, tables: tenantTables };
}

/** The managers of the platform and their sessions. */
export function managerIdentity(sql: CentralDatabase): IdentityDatabase {
  return { sql, tables: centralTables };
}

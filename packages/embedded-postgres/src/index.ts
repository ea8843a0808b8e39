/** PostgreSQL from npm, as a child process of this one. */
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';
export { FolderInUseError, hasUnreleasedClaim } from './folder-ownership.ts';
export { accountForPostgres } from './operating-account.ts';
export { findPostgresVersion, PostgresVersionError, supportedMajors } from './postgres-versions.ts';

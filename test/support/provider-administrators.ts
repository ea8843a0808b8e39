/** An administrator as a provider of PostgreSQL gives it to its customers, and what comes with it. */
export interface ProviderAdministrator {
  readonly name: string;
  /** Statements of a superuser, which make the role `user` and whatever the provider has beside it. */
  readonly statements: (user: string, password: string) => readonly string[];
  /** True if the administrator may withdraw from everybody what `postgres` and `template1` let them do. */
  readonly closesDatabases: boolean;
  /** True if the administrator may end other roles' sessions. */
  readonly signals: boolean;
  /** True if the server refuses anything but the password itself when a role is made. */
  readonly plainPasswords: boolean;
}

/** None of them is a superuser, or a member of a role that it makes. */
export const providerAdministrators: readonly ProviderAdministrator[] = [
  {
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
    name: 'Amazon RDS',
    statements: (user, password) => [
      'CREATE ROLE rdsadmin SUPERUSER',
      'CREATE ROLE rds_superuser',
      'GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION',
      `CREATE ROLE ${user} LOGIN NOSUPERUSER INHERIT CREATEDB CREATEROLE NOREPLICATION VALID UNTIL 'infinity' PASSWORD '${password}' IN ROLE rds_superuser`,
      ...ownedBy('rdsadmin', 'rdsadmin'),
    ],
    closesDatabases: false,
    signals: true,
    plainPasswords: false,
  },
  {
    // https://cloud.google.com/sql/docs/postgres/users
    name: 'Google Cloud SQL',
    statements: (user, password) => [
      'CREATE ROLE cloudsqladmin SUPERUSER',
      'CREATE ROLE cloudsqlsuperuser CREATEDB CREATEROLE',
      `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD '${password}' IN ROLE cloudsqlsuperuser`,
      ...ownedBy('cloudsqlsuperuser', 'cloudsqladmin'),
    ],
    closesDatabases: true,
    signals: false,
    plainPasswords: false,
  },
  {
    // https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-create-users
    name: 'Azure',
    statements: (user, password) => [
      'CREATE ROLE azuresu SUPERUSER',
      'CREATE ROLE azure_pg_admin',
      'GRANT pg_monitor, pg_signal_backend TO azure_pg_admin WITH ADMIN OPTION',
      `CREATE ROLE ${user} LOGIN NOSUPERUSER INHERIT CREATEDB CREATEROLE REPLICATION PASSWORD '${password}' IN ROLE azure_pg_admin`,
      ...ownedBy('azure_pg_admin', 'azuresu'),
    ],
    closesDatabases: true,
    signals: true,
    plainPasswords: false,
  },
  {
    // The migration demote-postgres of https://github.com/supabase/postgres
    name: 'Supabase',
    statements: (user, password) => [
      'CREATE ROLE supabase_admin SUPERUSER',
      `CREATE ROLE ${user} LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS PASSWORD '${password}'`,
      ...ownedBy(user, 'supabase_admin'),
    ],
    closesDatabases: true,
    signals: false,
    plainPasswords: false,
  },
  {
    // https://neon.com/docs/manage/roles
    name: 'Neon',
    statements: (user, password) => [
      'CREATE ROLE cloud_admin SUPERUSER',
      'CREATE ROLE neon_superuser CREATEDB CREATEROLE REPLICATION BYPASSRLS IN ROLE pg_read_all_data, pg_write_all_data',
      `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS PASSWORD '${password}' IN ROLE neon_superuser`,
      ...ownedBy('cloud_admin', 'cloud_admin'),
    ],
    closesDatabases: false,
    signals: false,
    plainPasswords: true,
  },
];

/** The statements that give the databases a server comes with to their owners, open to everybody as in a new server. */
function ownedBy(postgres: string, template1: string): string[] {
  return [
    `ALTER DATABASE postgres OWNER TO ${postgres}`,
    `ALTER DATABASE template1 OWNER TO ${template1}`,
    'GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC',
    'GRANT CONNECT ON DATABASE template1 TO PUBLIC',
  ];
}

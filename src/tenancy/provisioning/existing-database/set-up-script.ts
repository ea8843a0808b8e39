import pg from 'pg';
import { comment, connectTo } from './finding.ts';
import {
  closeDatabase,
  closePublicSchema,
  createDatabase,
  createRole,
  type ProvidedNames,
  setPassword,
} from './statements.ts';

/**
 * The whole script with which somebody who may create roles and databases makes what a tenant needs. It holds no
 * password, and changes nothing that exists but the two passwords. A role that is no superuser is a member of the owner
 * while it runs, as PostgreSQL demands of whoever gives a database away.
 */
export function setUpScript(names: ProvidedNames): string {
  const owner = pg.escapeIdentifier(names.owner);
  return [
    comment('For psql, as a superuser or a role with CREATEROLE and CREATEDB. It asks for two passwords.'),
    '\\set ON_ERROR_STOP on',
    createRole(names.owner),
    ...setPassword(names.owner),
    createRole(names.application),
    ...setPassword(names.application),
    `GRANT ${owner} TO CURRENT_USER;`,
    createDatabase(names),
    ...closeDatabase(names),
    connectTo(names.database),
    ...closePublicSchema(names),
    `REVOKE ${owner} FROM CURRENT_USER;`,
  ].join('\n');
}

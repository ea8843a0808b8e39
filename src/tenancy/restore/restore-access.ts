import { keepMigrationsOut } from '@cxg/prisma-schema-engine';
import pg from 'pg';
import type { Datasource } from '../../config/datasource.ts';
import { differencesBetween, readAccess } from '../../db/access-snapshot.ts';
import { closeToOthers, grantToApplication } from '../../db/application-privileges.ts';
import { readDatabaseOwner, withDatabaseEntry } from '../../db/database-entry.ts';
import { changeOwner, findMisowned, type MisownedObject } from '../../db/object-owners.ts';
import { type RestoredMarker, readRestoredMarker } from '../../db/restored-marker.ts';
import { readRoleMark, tenantRoleMark } from '../../db/role-marks.ts';
import { borrowingRights, inTransaction, isRefusal } from '../../db/role-membership.ts';
import { assertUtf8 } from '../../db/roles-and-databases.ts';
import { findStrangers, forgetDefaultPrivileges, type Stranger } from '../../db/strangers.ts';
import { administrative, withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { tenantRoles } from '../sign-in-roles.ts';
import type { NeededRoles } from './needed-roles.ts';
import { RestoreError } from './restore-error.ts';
import { type RoleChanges, restoreRoles } from './restore-roles.ts';
import { assertNobodyElses, describePlace, type PlaceTools, type RestoredPlace } from './restored-place.ts';

/** Changes of a server's roles, and of what a database lets them do. */
export interface AccessChanges extends RoleChanges {
  /** Objects that were given to the tenant's owner, e.g. `TABLE sys.users`. */
  readonly owners: readonly string[];
  /** Objects that have another owner or other privileges than before, e.g. `table sys.users`. */
  readonly privileges: readonly string[];
  /** The part that only a superuser can do. While there is any, privileges are left as they are. */
  readonly statements: readonly string[];
}

/** The result of looking at a restored database, or of changing it. */
export interface AccessOutcome {
  readonly changes: AccessChanges;
  readonly marker: RestoredMarker;
}

/** A database to be given to its tenant. */
export interface RestoredDatabase {
  readonly tenant: TenantRow;
  readonly place: RestoredPlace;
  readonly needed: NeededRoles;
  /** Those of the roles that their recorded passwords open already. */
  readonly opened: ReadonlySet<string>;
  /** Throws when the database is not the one that is meant. */
  readonly assertMarker: (found: RestoredMarker) => void;
}

/**
 * Gives a database and everything in it to its tenant's owner, and the application what it may do there, in one
 * transaction that begins with the roles: it leaves all as it was or all as it should be.
 * @param administration an administrator's account on the server.
 * @param end `ROLLBACK` to find out what would be done.
 * @throws {RestoreError} when it is not the tenant's, or can't be.
 */
export async function restoreAccess(
  tools: PlaceTools,
  administration: Datasource,
  restored: RestoredDatabase,
  end: 'COMMIT' | 'ROLLBACK',
): Promise<AccessOutcome> {
  return withRestoredDatabase(administration, restored.place, async (client) => {
    const { tenant, place, needed } = restored;
    await assertNobodyElses(tools, tenant, place, client);
    await keepMigrationsOut(client);
    return inTransaction(
      client,
      async () => {
        // Names in the database must not be taken for PostgreSQL's own.
        await client.query(`SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)`);
        const before = await readAccess(client);
        const roles = await restoreRoles(client, tenant, needed.roles, restored.opened);
        const owner = needed.owner ?? needed.application;
        const strangers = await findStrangers(client, tenantRoles(tenant));
        assertUnused(strangers, place);
        const misowned = await findMisowned(client, owner);
        const borrowed = [...misowned.map((one) => ({ ...one, role: one.owner })), ...strangers]
          .filter(({ rights }) => rights === 'grantable')
          .map(({ role }) => role);
        return borrowingRights(client, [owner, ...borrowed], async () => {
          const marker = await readRestoredMarker(client);
          const within = misowned.filter(({ rights }) => rights !== 'none');
          const beyond = misowned.filter(({ rights }) => rights === 'none');
          if (marker === 'unreadable') {
            const changes = { ...roles, owners: [], privileges: [], statements: statementsFor(misowned) };
            return { marker, changes };
          }
          restored.assertMarker(marker);
          for (const object of within) await client.query(changeOwner(object));
          if (beyond.length === 0) await restorePrivileges(client, needed, strangers);
          const changes = {
            ...roles,
            owners: within.map(({ name }) => name),
            privileges: differencesBetween(before, await readAccess(client)),
            statements: statementsFor(beyond),
          };
          return { marker, changes };
        });
      },
      end,
    );
  });
}

/** Enters the database, whether it is a tenant's already or still that of whoever restored it. */
async function withRestoredDatabase<T>(
  administration: Datasource,
  place: RestoredPlace,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { dbName: database } = place;
  const mark = await withConnection(administration, async (client) => {
    const owner = await readDatabaseOwner(client, database);
    if (owner === undefined) {
      throw new RestoreError(
        `There is no database ${database} at ${describePlace(place)}: create it, restore the dump into it, and start again.`,
      );
    }
    await assertUtf8(client, database);
    const found = await readRoleMark(client, owner);
    return found?.startsWith(tenantRoleMark) ? found : '';
  });
  let hasEntered = false;
  try {
    return await withDatabaseEntry({ ...administrative, ...administration }, { database, mark }, (client) => {
      hasEntered = true;
      return work(client);
    });
  } catch (error) {
    if (hasEntered || !isRefusal(error)) throw error;
    throw new RestoreError(
      `The administrator ${administration.user} may not connect to ${describePlace(place)}. Run this as the database's owner or a superuser, and start again: GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(administration.user)};`,
      { cause: error },
    );
  }
}

/** @throws {RestoreError} when another tenant is at work in the database. */
function assertUnused(strangers: readonly Stranger[], place: RestoredPlace): void {
  const guests = strangers.filter(({ sessions }) => sessions > 0).map(({ role }) => role);
  if (guests.length > 0) {
    throw new RestoreError(
      `Another tenant is served from the database at ${describePlace(place)}: ${guests.join(', ')} is signed in to it. Nothing was changed.`,
    );
  }
}

/** The statements are run as the roles whose objects they concern: nobody else's rights are in effect. */
async function restorePrivileges(
  client: pg.Client,
  { owner, application }: NeededRoles,
  strangers: readonly Stranger[],
): Promise<void> {
  const names = strangers.map(({ role }) => role);
  await client.query(`SET LOCAL ROLE ${pg.escapeIdentifier(owner ?? application)}`);
  if (owner === null) await closeToOthers(client, names);
  else await grantToApplication(client, application, undefined, names);
  await client.query('RESET ROLE');
  const forgettable = strangers.filter(({ rights }) => rights !== 'none').map(({ role }) => role);
  for (const { statements } of await forgetDefaultPrivileges(client, forgettable)) {
    for (const statement of statements) await client.query(statement);
  }
}

function statementsFor(objects: readonly MisownedObject[]): string[] {
  return objects.map((object) => `${changeOwner(object)};`);
}

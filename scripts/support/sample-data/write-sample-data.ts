import { Temporal } from 'temporal-polyfill';
import { changesBetween } from '../../../src/audit/audit-entry.ts';
import { recordAudit } from '../../../src/audit/tenant-audit.ts';
import { changeLimits, withIdentityLock } from '../../../src/db/identity-lock.ts';
import type { Sealer } from '../../../src/db/sealed-columns.ts';
import type { TenantClient, TenantTransaction } from '../../../src/db/tenant-client.ts';
import { readWorkingDays } from '../../../src/modules/holidays/working-calendar.service.ts';
import { auditActorOf, type Operator, operatorChanges } from '../../../src/tenancy/operator.ts';
import { addActivities } from './activities.ts';
import { addAssets } from './assets.ts';
import { addAttendance } from './attendance.ts';
import { addCustomers } from './customers.ts';
import { addDeals } from './deals.ts';
import { addEmployees, type SampleColleague } from './employees.ts';
import { addLeave } from './leave.ts';
import { makePasswords } from './passwords.ts';
import { addPeople, type SamplePerson } from './people.ts';
import { addHeads, addPlaces } from './places.ts';
import type { SampleLocale } from './sample-locale.ts';
import { type SampleSource, sampleSource } from './sample-source.ts';

/** The sample data to write. */
export interface SampleDataOptions {
  readonly users: number;
  /** The same seed writes the same rows with the same ids; the days of CRM and HRM rows are counted from today. */
  readonly seed: number;
  readonly locale: SampleLocale;
  /** The tenant's time zone. */
  readonly timeZone: string;
  /** The seats of the tenant's plan; users beyond them are inactive. If omitted, seats are not counted. */
  readonly maxUsers?: number | undefined;
  /**
   * Gives each user their own password, valid for one sign-in within 72 hours. Otherwise everybody has
   * `samplePassword`.
   */
  readonly ownPasswords?: boolean | undefined;
  /** Encrypts the personal data of employees; if omitted, they have none. */
  readonly sealer?: Sealer | undefined;
  /** Users of the tenant who are to be employees too. */
  readonly colleagues?: readonly SampleColleague[] | undefined;
  /** Named in the tenant's audit log; if omitted, nothing is recorded. */
  readonly operator?: Operator | undefined;
  /** Receives the added users once they are committed. */
  readonly onUsers?: ((users: readonly SamplePerson[]) => void) | undefined;
}

/** The numbers of added rows; rows that were there already are left as they are. */
export interface SampleDataReport {
  readonly departments: number;
  readonly branches: number;
  readonly roles: number;
  readonly users: number;
  readonly customers: number;
  readonly contacts: number;
  readonly deals: number;
  readonly activities: number;
  readonly employees: number;
  readonly leaveRequests: number;
  readonly attendanceRecords: number;
  readonly assets: number;
}

/** Writing many rows takes longer than changing one person. */
const writingLimits = { ...changeLimits, timeout: 60_000 };

/** Writes people and places, and what they do in the CRM and personnel areas, into a tenant's database. */
export async function writeSampleData(
  db: TenantClient,
  options: SampleDataOptions,
): Promise<SampleDataReport> {
  const { seed, locale, timeZone, operator, sealer, onUsers = () => {} } = options;
  const source = sampleSource(seed, locale, timeZone);
  const userIds = Array.from({ length: options.users }, (_, index) => source.id('user', index));
  // Before the transaction, since hashing takes its time, and so may a key.
  const passwords = await makePasswords(db, userIds, options.ownPasswords === true);
  await sealer?.prepare();
  let people: readonly SamplePerson[] = [];
  const report = await withIdentityLock(
    db,
    async (transaction) => {
      const places = await addPlaces(transaction, source);
      people = await addPeople(transaction, source, places, userIds, passwords, options.maxUsers);
      await addHeads(transaction, places.newDepartmentIds, people);
      const counts = {
        ...places.added,
        users: people.length,
        ...(await addBusiness(transaction, source, people)),
        ...(await addPersonnel(transaction, source, [...people, ...(options.colleagues ?? [])], sealer)),
        assets: await addAssets(transaction, source, people),
      };
      if (operator && Object.values(counts).some((count) => count > 0)) {
        await recordAudit(transaction, auditActorOf(operator), {
          action: 'tenant.seed_sample_data',
          entityType: 'Tenant',
          entityId: null,
          changes: { ...changesBetween(null, counts), ...operatorChanges(operator) },
        });
      }
      return counts;
    },
    writingLimits,
  );
  onUsers(people);
  return report;
}

async function addBusiness(
  transaction: TenantTransaction,
  source: SampleSource,
  people: readonly SamplePerson[],
) {
  const sellers = await transaction.department.findMany({
    where: { code: { startsWith: 'SALES' }, deletedAt: null },
    select: { id: true },
  });
  const owners = people.filter(
    ({ isActive, departmentId }) => isActive && sellers.some(({ id }) => id === departmentId),
  );
  const { customers, contacts } = await addCustomers(
    transaction,
    source,
    owners.map(({ id }) => id),
  );
  const deals = await addDeals(transaction, source, customers);
  const activities = await addActivities(transaction, source, customers, deals);
  return { customers: customers.length, contacts, deals: deals.length, activities };
}

async function addPersonnel(
  transaction: TenantTransaction,
  source: SampleSource,
  colleagues: readonly SampleColleague[],
  sealer: Sealer | undefined,
) {
  const employees = await addEmployees(transaction, source, colleagues, sealer);
  const { year } = source.today;
  const worksOn = await readWorkingDays(
    transaction,
    Temporal.PlainDate.from({ year: year - 1, month: 12, day: 1 }),
    Temporal.PlainDate.from({ year, month: 12, day: 31 }),
  );
  const leave = await addLeave(transaction, source, employees, worksOn);
  const attendanceRecords = await addAttendance(transaction, source, employees, leave, worksOn);
  return { employees: employees.length, leaveRequests: leave.length, attendanceRecords };
}

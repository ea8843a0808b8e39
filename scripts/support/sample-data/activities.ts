import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import { ActivityKind } from '../../../src/generated/tenant/enums.ts';
import type { SampleCustomer } from './customers.ts';
import type { SampleDeal } from './deals.ts';
import type { SampleSource } from './sample-source.ts';

/** Adds up to four activities for each customer: past ones, of which some are overdue, and planned ones. @returns how many. */
export async function addActivities(
  transaction: TenantTransaction,
  source: SampleSource,
  customers: readonly SampleCustomer[],
  deals: readonly SampleDeal[],
): Promise<number> {
  const rows = customers.flatMap((customer) =>
    makeActivities(
      source,
      customer,
      deals.filter(({ customerId }) => customerId === customer.id),
    ),
  );
  const { count } = await transaction.activity.createMany({ data: rows });
  return count;
}

function makeActivities(
  { texts, id, daysAgo, faker: fakerOf }: SampleSource,
  customer: SampleCustomer,
  deals: readonly SampleDeal[],
) {
  const faker = fakerOf(`activity:${customer.id}`);
  return Array.from({ length: faker.number.int({ min: 1, max: 4 }) }, (_, index) => {
    const kind = faker.helpers.enumValue(ActivityKind);
    // Those in the future have a negative number.
    const due = faker.number.int({ min: -14, max: customer.age - 2 });
    const dueAt = daysAgo(due, faker.helpers.arrayElement(['09:30', '11:00', '14:00', '16:30']));
    const isDone = due > 0 && (kind === 'NOTE' || faker.datatype.boolean(0.85));
    const createdAt = daysAgo(Math.max(due, 0) + 1, '10:30');
    return {
      id: id('activity', `${customer.id}:${index}`),
      kind,
      subject: faker.helpers.arrayElement(texts.activitySubjects[kind]),
      customerId: customer.id,
      contactId: customer.contactIds[0] ?? null,
      dealId: faker.helpers.maybe(() => deals[0]?.id) ?? null,
      assigneeId: customer.ownerId,
      dueAt: kind === 'NOTE' ? null : dueAt,
      doneAt: isDone ? dueAt : null,
      createdAt,
      updatedAt: isDone ? dueAt : createdAt,
    };
  });
}

import { dayToDate } from '../../../src/calendar/days.ts';
import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import type { Prisma, Stage } from '../../../src/generated/tenant/client.ts';
import type { SampleCustomer } from './customers.ts';
import type { SampleSource } from './sample-source.ts';

/** An added deal. */
export interface SampleDeal {
  readonly id: string;
  readonly customerId: string;
  readonly contactId: string | null;
}

/** The stages of the default pipeline. */
interface Stages {
  readonly open: readonly Stage[];
  readonly closed: readonly Stage[];
}

/** Adds up to three deals for each customer, with the moves that they made. @returns the added deals. */
export async function addDeals(
  transaction: TenantTransaction,
  source: SampleSource,
  customers: readonly SampleCustomer[],
): Promise<SampleDeal[]> {
  const stages = await transaction.stage.findMany({
    where: { deletedAt: null, pipeline: { isDefault: true, deletedAt: null } },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  });
  const open = stages.filter(({ outcome }) => outcome === 'OPEN');
  if (open.length === 0) return [];
  const closed = stages.filter(({ outcome }) => outcome !== 'OPEN');
  const made = makeDeals(source, customers, { open, closed });
  await transaction.deal.createMany({ data: made.map(({ deal }) => deal) });
  await transaction.dealMove.createMany({ data: made.flatMap(({ moves }) => moves) });
  return made.map(({ deal }) => deal);
}

function makeDeals(source: SampleSource, customers: readonly SampleCustomer[], stages: Stages) {
  const { texts, id, today, faker: fakerOf } = source;
  const faker = fakerOf('deal');
  return customers.flatMap((customer) =>
    Array.from({ length: faker.number.int({ min: 0, max: 3 }) }, (_, index) => {
      const dealId = id('deal', `${customer.id}:${index}`);
      const path = choosePath(source, stages, `${customer.id}:${index}`);
      const last = path.at(-1) ?? stages.open[0];
      const moves = makeMoves(source, customer, dealId, path);
      const enteredAt = moves.at(-1)?.movedAt ?? source.daysAgo(customer.age, '11:00');
      const isClosed = last?.outcome !== 'OPEN';
      const title = faker.helpers.arrayElement(texts.dealTitles);
      const closeIn = faker.number.int({ min: 7, max: 90 });
      const deal = {
        id: dealId,
        title,
        customerId: customer.id,
        contactId: customer.contactIds[0] ?? null,
        ownerId: customer.ownerId,
        ...texts.money(faker),
        expectedCloseOn: dayToDate(today.add({ days: isClosed ? -closeIn : closeIn })),
        stageId: last?.id ?? '',
        stageEnteredAt: enteredAt,
        closedAt: isClosed ? enteredAt : null,
        lostReason: moves.at(-1)?.reason ?? null,
        createdAt: moves[0]?.movedAt ?? enteredAt,
        updatedAt: enteredAt,
      };
      return { deal, moves };
    }),
  );
}

/** The stages through which a deal went: the first open ones, and for some one of those that close it. */
function choosePath(
  { faker: fakerOf }: SampleSource,
  { open, closed }: Stages,
  name: string,
): readonly Stage[] {
  const faker = fakerOf(`path:${name}`);
  const isClosed = closed.length > 0 && faker.datatype.boolean(0.4);
  const passed = open.slice(0, faker.number.int({ min: 1, max: open.length }));
  return isClosed ? [...passed, faker.helpers.arrayElement(closed)] : passed;
}

/** At equal distances from a day after the customer was added until a day ago. */
function makeMoves(
  { texts, id, daysAgo, faker: fakerOf }: SampleSource,
  { age }: SampleCustomer,
  dealId: string,
  path: readonly Stage[],
): (Prisma.DealMoveUncheckedCreateInput & { readonly movedAt: Date })[] {
  const faker = fakerOf(`moves:${dealId}`);
  const begun = age - 1;
  const step = Math.floor((begun - 1) / path.length);
  const movedAt = (index: number) => daysAgo(begun - index * step, '14:00');
  return path.map((stage, index) => ({
    id: id('move', `${dealId}:${index}`),
    dealId,
    fromStageId: path[index - 1]?.id ?? null,
    toStageId: stage.id,
    movedAt: movedAt(index),
    secondsInStage: index === 0 ? 0 : (movedAt(index).getTime() - movedAt(index - 1).getTime()) / 1_000,
    reason: stage.outcome === 'LOST' ? faker.helpers.arrayElement(texts.lostReasons) : null,
  }));
}

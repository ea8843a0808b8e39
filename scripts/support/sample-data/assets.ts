import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import type { SamplePerson } from './people.ts';
import type { SampleSource } from './sample-source.ts';

const assetCount = 20;

/** Adds things that people hold, and some that are in store. @returns how many were added. */
export async function addAssets(
  transaction: TenantTransaction,
  { texts, id, prefix, daysAgo, faker: fakerOf }: SampleSource,
  people: readonly SamplePerson[],
): Promise<number> {
  const faker = fakerOf('asset');
  const { count } = await transaction.asset.createMany({
    data: Array.from({ length: assetCount }, (_, index) => {
      const { code, name, price } = faker.helpers.arrayElement(texts.assets);
      const holder = people[index];
      return {
        id: id('asset', index),
        code: `${code}${prefix}-${String(index + 1).padStart(3, '0')}`,
        name,
        price,
        serialNumber: faker.string.alphanumeric({ length: 10, casing: 'upper' }),
        status: holder ? ('IN_USE' as const) : ('STORED' as const),
        purchasedOn: new Date(
          daysAgo(faker.number.int({ min: 30, max: 900 }), '09:00')
            .toISOString()
            .slice(0, 10),
        ),
        warrantyMonths: 24,
        holderId: holder?.id ?? null,
        branchId: holder?.branchId ?? null,
      };
    }),
    skipDuplicates: true,
  });
  return count;
}

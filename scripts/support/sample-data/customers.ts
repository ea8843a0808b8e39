import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import { CustomerSize, CustomerStatus } from '../../../src/generated/tenant/enums.ts';
import type { SampleSource } from './sample-source.ts';

const customerCount = 30;
/** One customer in so many is a person. */
const personEvery = 5;

/** An added customer, its owner, and how many days ago it was added. */
export interface SampleCustomer {
  readonly id: string;
  readonly ownerId: string | null;
  readonly age: number;
  readonly contactIds: readonly string[];
}

/**
 * Adds customers and their contacts.
 * @param owners who looks after them; none if it is empty.
 * @returns the added customers, and how many contacts were added.
 */
export async function addCustomers(
  transaction: TenantTransaction,
  source: SampleSource,
  owners: readonly string[],
): Promise<{ customers: SampleCustomer[]; contacts: number }> {
  const rows = makeCustomers(source, owners);
  const added = await transaction.customer.createManyAndReturn({
    data: rows.map(({ age: _age, ...row }) => row),
    skipDuplicates: true,
    select: { id: true },
  });
  const newIds = new Set(added.map(({ id }) => id));
  const newRows = rows.filter(({ id }) => newIds.has(id));
  const contacts = makeContacts(source, newRows);
  await transaction.contact.createMany({ data: contacts });
  const customers = newRows.map(({ id, ownerId, age }) => ({
    id,
    ownerId,
    age,
    contactIds: contacts.filter(({ customerId }) => customerId === id).map((contact) => contact.id),
  }));
  return { customers, contacts: contacts.length };
}

function makeCustomers(
  { texts, id, prefix, daysAgo, faker: fakerOf }: SampleSource,
  owners: readonly string[],
) {
  const faker = fakerOf('customer');
  const names = new Set<string>();
  return Array.from({ length: customerCount }, (_, index) => {
    const isPerson = index % personEvery === personEvery - 1;
    const { name, latin } = otherThan(names, () => {
      if (!isPerson) return texts.company(faker);
      const person = texts.name(faker);
      return { name: person.fullName, latin: person.latin };
    });
    const age = faker.number.int({ min: 30, max: 300 });
    const createdAt = daysAgo(age, '10:00');
    return {
      id: id('customer', index),
      code: `C${prefix}-${String(index + 1).padStart(3, '0')}`,
      name,
      kind: isPerson ? ('PERSON' as const) : ('COMPANY' as const),
      businessNumber: isPerson ? null : texts.businessNumber(faker),
      phone: isPerson ? texts.mobilePhone(faker) : texts.officePhone(faker),
      email: isPerson ? `${latin}@example.com` : `info@${latin}.example`,
      website: isPerson ? null : `https://www.${latin}.example`,
      address: texts.address(faker),
      industry: isPerson ? null : faker.helpers.arrayElement(texts.industries),
      size: isPerson ? null : faker.helpers.enumValue(CustomerSize),
      status: faker.helpers.enumValue(CustomerStatus),
      tags: faker.helpers.arrayElements(texts.tags, { min: 0, max: 2 }),
      ownerId: owners.length === 0 ? null : faker.helpers.arrayElement(owners),
      createdAt,
      updatedAt: createdAt,
      age,
    };
  });
}

/** Repeats `make` until it returns a name that is not taken yet. */
function otherThan<T extends { readonly name: string }>(names: Set<string>, make: () => T): T {
  let made = make();
  while (names.has(made.name)) made = make();
  names.add(made.name);
  return made;
}

/** Companies have one to three contacts, of whom the first is the primary one; persons have none. */
function makeContacts(
  { texts, id, faker: fakerOf }: SampleSource,
  customers: readonly ReturnType<typeof makeCustomers>[number][],
) {
  const faker = fakerOf('contact');
  return customers.flatMap((customer) =>
    Array.from(
      { length: customer.kind === 'PERSON' ? 0 : faker.number.int({ min: 1, max: 3 }) },
      (_, index) => {
        const { fullName, latin } = texts.name(faker);
        return {
          id: id('contact', `${customer.id}:${index}`),
          customerId: customer.id,
          name: fullName,
          title: faker.helpers.arrayElement(texts.positions),
          email: `${latin}@${customer.email.replace('info@', '')}`,
          phone: texts.mobilePhone(faker),
          isPrimary: index === 0,
          ownerId: customer.ownerId,
          createdAt: customer.createdAt,
          updatedAt: customer.createdAt,
        };
      },
    ),
  );
}

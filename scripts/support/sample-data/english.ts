import type { SampleTexts } from './sample-locale.ts';

/** Letters, and one separator between the words. */
const inLatin = (text: string, separator: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z]+/g, separator)
    .replace(/^[.-]|[.-]$/g, '');

const named = (fullName: string) => ({ fullName, latin: inLatin(fullName, '.') });

/** Sample data of a company that writes English, with addresses in the United States. */
export const english: SampleTexts = {
  departments: {
    MGMT: 'Management',
    SALES: 'Sales',
    'SALES-KR': 'Sales Korea',
    'SALES-INT': 'Sales International',
    DEV: 'Development',
    OPS: 'Operations',
  },
  branches: {
    SEOUL: { name: 'Seoul Head Office', address: '152 Teheran-ro, Gangnam-gu, Seoul' },
    BUSAN: { name: 'Busan Branch', address: '55 Centum jungang-ro, Haeundae-gu, Busan' },
  },
  roles: { team_lead: 'Team lead', auditor: 'Auditor', sales: 'Sales', personnel: 'Personnel' },
  firstPeople: ['John Smith', 'Johnny Park', 'Elton Johnson', 'Kim Minjun', 'Lee Seoyeon'].map(named),
  positions: ['Assistant', 'Associate', 'Specialist', 'Manager', 'Senior manager', 'Director'],
  industries: ['Manufacturing', 'Retail', 'Construction', 'Software', 'Food', 'Logistics', 'Health care'],
  tags: ['key account', 'new', 'renewal', 'trade fair', 'referral'],
  dealTitles: [
    'ERP introduction',
    'Supply contract',
    'Maintenance renewal',
    'New equipment',
    'Move to the cloud',
    'Training programme',
  ],
  lostReasons: ['No budget', 'Chose a competitor', 'Postponed'],
  activitySubjects: {
    CALL: ['Call about the quotation', 'Call about delivery'],
    MEETING: ['Presentation of the proposal', 'Negotiation of terms'],
    MAIL: ['Quotation sent', 'Answer to questions'],
    TASK: ['Draft the contract', 'Send samples'],
    NOTE: ['New person in charge', 'Considers it for next year'],
  },
  assets: [
    { code: 'NB', name: 'Laptop', price: 1_400 },
    { code: 'MN', name: '27-inch monitor', price: 320 },
    { code: 'PH', name: 'Mobile phone', price: 750 },
  ],
  leaveReasons: ['Personal', 'Family trip', 'Doctor'],
  correctionReason: 'I forgot to clock in.',
  banks: ['First National Bank', 'Union Trust', 'Harbor Savings'],
  money: (faker) => ({ currency: 'USD', amount: faker.number.int({ min: 10, max: 900 }) * 100 }),
  name: (faker) => named(`${faker.person.firstName()} ${faker.person.lastName()}`),
  company(faker) {
    const name = faker.company.name();
    return { name, latin: inLatin(name, '-') };
  },
  address: (faker) =>
    `${faker.location.streetAddress()}, ${faker.location.city()}, ${faker.location.state({ abbreviated: true })} ${faker.location.zipCode('#####')}`,
  // 555-0100 to 555-0199 are for fiction.
  mobilePhone: (faker) => `+1 ${faker.number.int({ min: 201, max: 989 })} 555 01${faker.string.numeric(2)}`,
  officePhone: (faker) => `+1 ${faker.number.int({ min: 201, max: 989 })} 555 01${faker.string.numeric(2)}`,
  businessNumber: () => null,
  residentNumber: () => null,
};

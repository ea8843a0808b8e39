import type { Faker } from '@faker-js/faker';
import type { ActivityKind } from '../../../src/generated/tenant/enums.ts';

/** The languages that sample data can be in. */
export const sampleLocales = ['ko', 'en'] as const;

export type SampleLocale = (typeof sampleLocales)[number];

/** A person's name, and the same in Latin letters for usernames and mail addresses. */
export interface SampleName {
  readonly fullName: string;
  /** Lower case, with dots between its words. */
  readonly latin: string;
}

/** A company's name, and the same in Latin letters for its website. */
export interface SampleCompany {
  readonly name: string;
  /** Lower case, with hyphens between its words. */
  readonly latin: string;
}

/** Names as stable as ids: rows are recognised by the codes of departments, branches and roles. */
type Named<Code extends string> = Readonly<Record<Code, string>>;

export type DepartmentCode = 'MGMT' | 'SALES' | 'SALES-KR' | 'SALES-INT' | 'DEV' | 'OPS';
export type BranchCode = 'SEOUL' | 'BUSAN';
export type RoleCode = 'team_lead' | 'auditor' | 'sales' | 'personnel';

/**
 * The texts of sample data in one language, as its country writes them. No telephone number, business number or resident number
 * is one that anybody has.
 */
export interface SampleTexts {
  readonly departments: Named<DepartmentCode>;
  readonly branches: Readonly<Record<BranchCode, { readonly name: string; readonly address: string }>>;
  readonly roles: Named<RoleCode>;
  /** People whom examples and tests look for: the first ones. */
  readonly firstPeople: readonly SampleName[];
  readonly positions: readonly string[];
  readonly industries: readonly string[];
  readonly tags: readonly string[];
  readonly dealTitles: readonly string[];
  readonly lostReasons: readonly string[];
  readonly activitySubjects: Readonly<Record<ActivityKind, readonly string[]>>;
  readonly assets: readonly { readonly code: string; readonly name: string; readonly price: number }[];
  readonly leaveReasons: readonly string[];
  readonly correctionReason: string;
  readonly banks: readonly string[];
  /** ISO 4217, and an amount of it. */
  money(faker: Faker): { readonly currency: string; readonly amount: number };
  name(faker: Faker): SampleName;
  company(faker: Faker): SampleCompany;
  address(faker: Faker): string;
  mobilePhone(faker: Faker): string;
  officePhone(faker: Faker): string;
  /** A Korean business registration number; null where there are none. */
  businessNumber(faker: Faker): string | null;
  /** A Korean resident registration number of somebody born on that day; null where there are none. */
  residentNumber(faker: Faker, birthDate: string): string | null;
}

import { Client, fetchExchange } from '@urql/core';
import { cacheExchange, type KeyingConfig, type UpdateResolver } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';

/** The lists that Query has. */
const lists = [
  'assets',
  'auditLog',
  'branches',
  'departments',
  'managerAuditLog',
  'managers',
  'provisioningJobs',
  'roles',
  'tenants',
  'users',
];

/** What has no identity is kept as a part of what it stands in. */
const keys: KeyingConfig = {
  AttendanceSummary: () => null,
  AuditChange: () => null,
  AuthPayload: () => null,
  CreateManagerPayload: () => null,
  CustomerMerge: () => null,
  EmployeePersonalData: () => null,
  EnterTenantPayload: () => null,
  LeaveBalance: () => null,
  MonthTotal: () => null,
  PermissionScope: () => null,
  PipelineSummary: () => null,
  ProvisioningStep: () => null,
  ProvisionTenantPayload: () => null,
  ResetManagerPasswordPayload: () => null,
  ResetPasswordPayload: () => null,
  StageSummary: () => null,
  StageTotal: () => null,
  SuccessResponse: () => null,
};

/** Takes what a mutation has deleted out of all lists; those on the screen are asked for again. */
const remove =
  (__typename: string): UpdateResolver<Record<string, { deletedId: string } | null>> =>
  (result, _args, cache, { fieldName }) => {
    const id = result[fieldName]?.deletedId;
    if (id) cache.invalidate({ __typename, id });
  };

export function createClient(fetch: typeof globalThis.fetch) {
  const cache = cacheExchange({
    resolvers: {
      Query: Object.fromEntries(lists.map((name) => [name, relayPagination()])),
      Department: { children: relayPagination() },
    },
    updates: {
      Mutation: {
        deleteAsset: remove('Asset'),
        deleteBranch: remove('Branch'),
        deleteDepartment: remove('Department'),
        deleteRole: remove('Role'),
        deleteUser: remove('User'),
      },
    },
    keys,
  });
  return new Client({
    url: 'https://api.example.com/graphql',
    fetch,
    preferGetMethod: false,
    exchanges: [cache, fetchExchange],
  });
}

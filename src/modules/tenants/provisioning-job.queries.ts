import type { Prisma } from '../../generated/central/client.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { dateColumn } from '../../graphql/list-order.ts';
import type { JobRow } from '../../tenancy/platform/job-list.ts';
import { inState } from '../../tenancy/platform/job-state.ts';
import { tenantKeySchema } from '../../tenancy/tenant-key.ts';
import { ProvisioningJobStatus, ProvisioningJobType } from './provisioning-job.type.ts';

builder.queryField('provisioningJob', (t) =>
  t.field({
    type: ProvisioningJobType,
    nullable: true,
    extensions: fromOutside,
    description: 'One provisioning job; null when there is no such job. Only for managers.',
    args: { jobId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { manager: true },
    resolve: (_root, { jobId }) => parseId('ProvisioningJob', jobId, ['jobId']),
  }),
);

const createdAtColumn = dateColumn<
  JobRow,
  Prisma.ProvisioningJobWhereInput,
  Prisma.ProvisioningJobOrderByWithRelationInput
>('createdAt', {
  description: 'When the tenant was asked for.',
  read: ({ createdAt }) => createdAt,
  where: (createdAt) => ({ createdAt }),
  orderBy: (createdAt) => ({ createdAt }),
});

builder.queryField('provisioningJobs', (t) =>
  t.connection(
    {
      type: ProvisioningJobType,
      extensions: fromOutside,
      description: 'Provisioning jobs, newest first. Only for managers.',
      args: {
        status: t.arg({ type: ProvisioningJobStatus, description: 'Only jobs in this status.' }),
        tenantKey: t.arg.string({ description: 'Only jobs for this tenant.' }),
      },
      authScopes: { manager: true },
      resolve: (_root, args, { platform }, info) => {
        // A key that no tenant can have finds nothing, as one that none has.
        const tenantKey = args.tenantKey && (tenantKeySchema.safeParse(args.tenantKey).data ?? '');
        const filter = {
          ...(args.status == null ? {} : inState(args.status)),
          ...(tenantKey == null ? {} : { tenantKey }),
        };
        return resolveListConnection(args, info, {
          name: 'provisioningJobs',
          order: { column: createdAtColumn, direction: 'desc' },
          findMany: ({ within, orderBy, take }) =>
            platform.jobs.list({ where: within(filter), orderBy, take }),
          count: () => platform.jobs.count(filter),
        });
      },
    },
    { name: 'ProvisioningJobConnection', description: 'One page of jobs.' },
    { name: 'ProvisioningJobEdge', description: 'One job in a page.' },
  ),
);

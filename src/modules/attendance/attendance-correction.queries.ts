import { z } from 'zod';
import { parseInput } from '../../errors/index.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { countsAs, statementCost } from '../../graphql/costs.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { AttendanceCorrectionType, CorrectionStatusType } from './attendance-correction.type.ts';
import { AttendanceRecordType } from './attendance-record.type.ts';
import { listCorrections } from './list-corrections.service.ts';

const pageSizeSchema = z.int().min(0).max(100);

/** How many corrections of one record are read. Each needs a decision before the next. */
const maximumOfRecord = 20;

builder.queryField('attendanceCorrections', (t) =>
  t.field({
    type: [AttendanceCorrectionType],
    extensions: { ...fromRows, ...countsAs(20), costsOnce: 2 * statementCost },
    description:
      'Requests to correct attendance, the newest first: your own, those that you may decide, and, with `attendance:read`, those of the employees whose attendance you may read.',
    args: {
      employeeId: t.arg.id({ description: 'Only those of this employee: the global id or the UUID.' }),
      status: t.arg({ type: CorrectionStatusType, description: 'Only those that have come so far.' }),
      first: t.arg.int({ description: 'How many: 0 to 100, and 20 unless you say so.' }),
    },
    authScopes: { inTenant: true },
    grantScopes: ['reference'],
    resolve: (_root, { employeeId, status, first }, context, info) =>
      listCorrections(
        context.db,
        context.viewer,
        {
          employeeId: optionalId('Employee', employeeId, ['employeeId']),
          status,
          take: parseInput(pageSizeSchema, first ?? 20, ['first']),
        },
        selectionFor(context, info),
      ),
  }),
);

builder.prismaObjectField(AttendanceRecordType, 'corrections', (t) =>
  t.field({
    type: [AttendanceCorrectionType],
    extensions: { ...fromRows, ...countsAs(2) },
    description: 'Requests to correct it, the newest first, and no more than 20. Needs `attendance:read`.',
    authScopes: { permission: 'attendance:read' },
    select: (_args, _context, nestedSelection) => ({
      corrections: {
        ...nestedSelection({ select: { id: true } }),
        orderBy: [{ requestedAt: 'desc' as const }, { id: 'desc' as const }],
        take: maximumOfRecord,
      },
    }),
    resolve: ({ corrections }) => corrections,
  }),
);

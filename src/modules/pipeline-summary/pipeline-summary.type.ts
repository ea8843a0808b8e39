import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { countsAs } from '../../graphql/costs.ts';
import type { EntityRef } from '../../graphql/entities/entity-queries.ts';
import { PipelineType } from '../pipelines/pipeline.type.ts';
import { StageType } from '../stages/stage.type.ts';
import type { MonthSum, StageSum } from './pipeline-summary.service.ts';

/** A row that was loaded with what the client asked for of it. */
type LoadedRow = Readonly<{ id: string }>;

interface StageSummary {
  readonly stage: LoadedRow;
  readonly totals: readonly StageSum[];
}

/** The deals of a pipeline, summed up. */
export interface PipelineSummary {
  readonly pipeline: LoadedRow;
  readonly stages: readonly StageSummary[];
  readonly months: readonly MonthSum[];
}

const authScopes = { permission: 'deals:read' } as const;
const Pipeline: EntityRef = PipelineType;
const Stage: EntityRef = StageType;

const StageTotalType = builder.objectRef<StageSum>('StageTotal').implement({
  description: 'The deals of one currency that are in a stage, summed up.',
  authScopes,
  fields: (t) => ({
    currency: t.exposeString('currency', { description: 'The currency, a code of ISO 4217.' }),
    count: t.exposeInt('count', { description: 'How many deals there are.' }),
    amount: t.expose('amount', {
      type: 'Decimal',
      description: 'What they are worth. A deal without an amount counts as 0.',
    }),
    weightedAmount: t.expose('weightedAmount', {
      type: 'Decimal',
      description:
        'The same, times the probability of the stage: exact, with up to six digits after the point.',
    }),
  }),
});

const StageSummaryType = builder.objectRef<StageSummary>('StageSummary').implement({
  description: 'A stage with its deals summed up.',
  authScopes,
  fields: (t) => ({
    stage: t.field({
      type: Stage,
      extensions: fromRows,
      grantScopes: ['reference'],
      description: 'The stage.',
      resolve: ({ stage }) => stage,
    }),
    totals: t.field({
      type: [StageTotalType],
      extensions: { ...fromRows, ...countsAs(2) },
      description: 'Its deals by currency; none while no deal counts.',
      resolve: ({ totals }) => [...totals],
    }),
  }),
});

const MonthTotalType = builder.objectRef<MonthSum>('MonthTotal').implement({
  description: 'The deals of one currency that were won and lost in a month, summed up.',
  authScopes,
  fields: (t) => ({
    month: t.expose('month', {
      type: 'Date',
      description: 'The first day of the month, in the tenant’s time zone.',
    }),
    currency: t.exposeString('currency', { description: 'The currency, a code of ISO 4217.' }),
    wonCount: t.exposeInt('wonCount', { description: 'How many deals were won.' }),
    wonAmount: t.expose('wonAmount', { type: 'Decimal', description: 'What they are worth.' }),
    lostCount: t.exposeInt('lostCount', { description: 'How many deals were lost.' }),
    lostAmount: t.expose('lostAmount', { type: 'Decimal', description: 'What they would have been worth.' }),
  }),
});

export const PipelineSummaryType = builder.objectRef<PipelineSummary>('PipelineSummary').implement({
  description: 'The deals of a pipeline that exist for you, summed up.',
  authScopes,
  fields: (t) => ({
    pipeline: t.field({
      type: Pipeline,
      extensions: fromRows,
      grantScopes: ['reference'],
      description: 'The pipeline.',
      resolve: ({ pipeline }) => pipeline,
    }),
    stages: t.field({
      type: [StageSummaryType],
      extensions: fromRows,
      description: 'All of its stages, in their order.',
      resolve: ({ stages }) => [...stages],
    }),
    months: t.field({
      type: [MonthTotalType],
      extensions: { ...fromRows, ...countsAs(24) },
      description:
        'The months in which deals were closed, the earliest first, by currency. A deal counts as what its stage is now.',
      resolve: ({ months }) => [...months],
    }),
  }),
});

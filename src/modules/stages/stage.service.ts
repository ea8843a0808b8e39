import { defineEntity } from '../../entities/entity.ts';
import { choice, code, initially, integer, optionalText, reference, text } from '../../entities/fields.ts';
import { StageOutcome } from '../../generated/tenant/enums.ts';

/** The steps of pipelines. */
export const stages = defineEntity('Stage', {
  delegate: ({ stage }) => stage,
  label: 'name',
  search: ['code', 'name'],
  unique: { stages_code_live_key: 'code' },
  fields: {
    code: code({
      description: 'The short name for programs, e.g. `OFFER`; no other stage of the pipeline has it.',
    }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'When a deal is in this stage.' }),
    pipelineId: reference('Pipeline', { description: 'The pipeline.' }),
    position: initially(
      0,
      integer(0, 10_000, { description: 'The place in the pipeline, the first lowest.' }),
    ),
    probability: integer(0, 100, {
      description: 'How likely a deal in this stage is to be won, in percent.',
    }),
    outcome: initially(
      'OPEN',
      choice(StageOutcome, { description: 'What it means for a deal to be in this stage.' }),
    ),
  },
  dependents: [{ entity: 'Deal', column: 'stageId' }],
});

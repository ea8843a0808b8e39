import { defineEntity } from '../../entities/entity.ts';
import {
  choice,
  code,
  fixed,
  initially,
  integer,
  optionalText,
  reference,
  text,
} from '../../entities/fields.ts';
import { StageOutcome } from '../../generated/tenant/enums.ts';
import { recordMoves } from '../deals/deal-moves.service.ts';
import { checkOutcome, checkSuccessor } from './stage-rules.service.ts';

/** The steps of pipelines. */
export const stages = defineEntity('Stage', {
  delegate: ({ stage }) => stage,
  label: 'name',
  search: ['code', 'name'],
  unique: { stages_code_live_key: 'code' },
  uniqueWords: { stages_code_live_key: 'code in the pipeline' },
  fields: {
    code: code({
      description: 'The short name for programs, e.g. `OFFER`; no other stage of the pipeline has it.',
    }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'When a deal is in this stage.' }),
    pipelineId: fixed(reference('Pipeline', { description: 'The pipeline, in which it stays.' })),
    position: initially(
      0,
      integer(0, 10_000, { description: 'The place in the pipeline, the first lowest.' }),
    ),
    probability: integer(0, 100, {
      description: 'How likely a deal in this stage is to be won, in percent.',
    }),
    outcome: initially(
      'OPEN',
      choice(StageOutcome, {
        description: 'What it means for a deal to be in this stage; it stays while deals are in it.',
      }),
    ),
  },
  dependents: [
    { entity: 'Deal', column: 'stageId', afterMove: async (handover) => void (await recordMoves(handover)) },
  ],
  check: checkOutcome,
  checkReassignTarget: checkSuccessor,
});

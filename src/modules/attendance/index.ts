import './attendance-correction.mutations.ts';
import './attendance-correction.queries.ts';
import './attendance-record.queries.ts';
import './attendance-summary.queries.ts';
import './clock.mutations.ts';

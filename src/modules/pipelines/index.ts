import './pipeline.mutations.ts';
import './pipeline.queries.ts';

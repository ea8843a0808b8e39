import './pipeline-summary.queries.ts';

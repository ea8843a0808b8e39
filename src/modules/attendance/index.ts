import './attendance-record.queries.ts';

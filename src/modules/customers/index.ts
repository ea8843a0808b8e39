import './customer.mutations.ts';
import './customer.queries.ts';
import './customer.timeline.ts';
import './duplicate.queries.ts';
import './merge.mutations.ts';
import './merge.queries.ts';

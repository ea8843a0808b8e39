import './deal.mutations.ts';
import './deal.queries.ts';

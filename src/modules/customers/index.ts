import './customer.mutations.ts';
import './customer.queries.ts';

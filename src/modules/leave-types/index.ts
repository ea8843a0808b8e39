import './leave-type.mutations.ts';
import './leave-type.queries.ts';

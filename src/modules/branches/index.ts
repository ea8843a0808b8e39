import './branch.mutations.ts';
import './branch.queries.ts';
import './branch.type.ts';

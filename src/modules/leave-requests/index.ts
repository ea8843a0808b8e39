import './leave-request.mutations.ts';
import './leave-request.queries.ts';

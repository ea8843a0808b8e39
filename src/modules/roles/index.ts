import './role.mutations.ts';
import './role.queries.ts';
import './role.type.ts';

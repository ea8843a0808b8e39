import './user.authors.ts';
import './user.mutations.ts';
import './user.queries.ts';
import './user.type.ts';

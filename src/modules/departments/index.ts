import './department.children.ts';
import './department.mutations.ts';
import './department.queries.ts';
import './department.type.ts';

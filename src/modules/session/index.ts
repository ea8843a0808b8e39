import './session.mutations.ts';
import './session.queries.ts';
import './session.type.ts';
import './viewer.queries.ts';
import './viewer.type.ts';

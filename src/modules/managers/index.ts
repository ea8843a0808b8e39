import './manager-audit.queries.ts';
import './manager-audit.type.ts';
import './manager.mutations.ts';
import './manager.queries.ts';
import './manager.type.ts';

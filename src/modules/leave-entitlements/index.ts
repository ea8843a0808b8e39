import './leave-balance.type.ts';
import './leave-entitlement.mutations.ts';
import './leave-entitlement.queries.ts';

import './activity.mutations.ts';
import './activity.queries.ts';

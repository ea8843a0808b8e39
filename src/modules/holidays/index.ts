import './holiday.mutations.ts';
import './holiday.queries.ts';

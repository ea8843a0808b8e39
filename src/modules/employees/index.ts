import './employee.mutations.ts';
import './employee.queries.ts';

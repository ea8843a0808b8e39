import './employee.mutations.ts';
import './employee.personal.ts';
import './employee.queries.ts';
import './employee.users.ts';

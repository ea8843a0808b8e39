import './assignment.employees.ts';
import './assignment.mutations.ts';
import './assignment.on-date.ts';

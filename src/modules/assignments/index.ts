import './assignment.employees.ts';

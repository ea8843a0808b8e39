import './leave-request.queries.ts';

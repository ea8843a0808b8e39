import './audit.queries.ts';
import './audit.type.ts';

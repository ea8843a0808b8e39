import './deal.moves.ts';
import './deal.mutations.ts';
import './deal.queries.ts';

import './asset.mutations.ts';
import './asset.queries.ts';

import './asset.holders.ts';
import './asset.mutations.ts';

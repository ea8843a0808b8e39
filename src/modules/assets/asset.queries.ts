import { byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { assets } from './asset.service.ts';
import { AssetType } from './asset.type.ts';

/** The types of a page of assets, wherever it stands. */
export const assetPage = entityQueries(assets, AssetType, {
  search: 'Only assets whose code, name or serial number contains this text.',
  orders: {
    CODE: ['code', 'The number on its label.'],
    NAME: ['name', 'What it is, for people.'],
  },
  filters: {
    holderId: byReference('holderId', 'User', 'Only assets that this user has.'),
    branchId: byReference('branchId', 'Branch', 'Only assets that are kept at this branch.'),
  },
});

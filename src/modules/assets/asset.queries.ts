import { AssetStatus } from '../../generated/tenant/enums.ts';
import { byChoice, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { assets } from './asset.service.ts';
import { AssetType } from './asset.type.ts';

/** The types of a page of assets, wherever it stands. */
export const assetPage = entityQueries(assets, AssetType, {
  search: 'Only assets whose code, name or serial number contains this text.',
  orders: {
    CODE: 'code',
    NAME: 'name',
    STATUS: 'status',
    PURCHASED_ON: 'purchasedOn',
    PRICE: 'price',
    WARRANTY_MONTHS: 'warrantyMonths',
    INVENTORIED_AT: 'inventoriedAt',
  },
  filters: {
    holderId: byReference('holderId', 'User', 'Only assets that this user has.'),
    status: byChoice('status', AssetStatus, 'Only assets with one of these.'),
    purchasedOn: byRange('purchasedOn', 'Only assets that were bought on these days.'),
    price: byRange('price', 'Only assets that cost so much.'),
    warrantyMonths: byRange('warrantyMonths', 'Only assets with so long a warranty.'),
    inventoriedAt: byRange('inventoriedAt', 'Only assets that were last found in an inventory then.'),
    branchId: byReference('branchId', 'Branch', 'Only assets that are kept at this branch.'),
  },
});

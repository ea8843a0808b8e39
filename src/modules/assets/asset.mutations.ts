import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { assets } from './asset.service.ts';
import { AssetType } from './asset.type.ts';

entityMutations(assets, AssetType);

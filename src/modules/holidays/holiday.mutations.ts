import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { holidays } from './holiday.service.ts';
import { HolidayType } from './holiday.type.ts';

entityMutations(holidays, HolidayType);

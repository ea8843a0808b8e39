import { byRange, byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { holidays } from './holiday.service.ts';
import { HolidayType } from './holiday.type.ts';

entityQueries(holidays, HolidayType, {
  search: 'Only holidays whose name contains this text.',
  orders: { DATE: 'date', NAME: 'name' },
  filters: {
    date: byRange('date', 'Only holidays on these days.'),
    isSubstitute: byToggle('isSubstitute', 'Only substitute holidays, or only the others.'),
  },
});

import { defineEntity } from '../../entities/entity.ts';
import { date, initially, optionalText, text, toggle } from '../../entities/fields.ts';

/** The days on which nobody works. */
export const holidays = defineEntity('Holiday', {
  delegate: ({ holiday }) => holiday,
  label: 'name',
  search: ['name'],
  unique: { holidays_date_name_live_key: 'name' },
  uniqueWords: { holidays_date_name_live_key: 'name on the day' },
  fields: {
    date: date({ description: 'The day.' }),
    name: text(128, { description: 'What it is called; no other holiday of the day is called so.' }),
    isSubstitute: initially(
      false,
      toggle(false, { description: 'Whether it stands for a holiday that fell on a day off.' }),
    ),
    source: optionalText(255, { description: 'Where the date is from.' }),
  },
});

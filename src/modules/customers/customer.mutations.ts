import { createRow, updateRow } from '../../entities/changes.ts';
import {
  creationMutation,
  deletionMutation,
  restorationMutation,
  updateMutation,
} from '../../graphql/entities/entity-mutations.ts';
import { customers, customersAsTold } from './customer.service.ts';
import { CustomerType } from './customer.type.ts';

const switches = {
  allowDuplicate:
    'That it may have the name and telephone number of another customer, because it is another one all the same.',
};

const note =
  '`CONFLICT` of the reason `DUPLICATE` when another one has its name and telephone number, unless `allowDuplicate` is true. `duplicates` are the global ids of those that you may see.';

const customersFor = (isOn: (name: string) => boolean) =>
  isOn('allowDuplicate') ? customersAsTold : customers;

creationMutation(customers, CustomerType, {
  note,
  switches,
  run: (on, input, selection, isOn) => createRow({ ...on, entity: customersFor(isOn) }, input, selection),
});

updateMutation(customers, CustomerType, {
  note,
  switches,
  run: (on, id, input, expectedUpdatedAt, selection, _context, isOn) =>
    updateRow({ ...on, entity: customersFor(isOn) }, id, input, expectedUpdatedAt, selection),
});

deletionMutation(
  customers,
  '`CONFLICT` while it has contacts, deals or activities: delete them first, name a customer in `reassignTo`, or see `mergeCustomers`.',
);

restorationMutation(customers, CustomerType, {
  note: 'What another customer took over stays there.',
});

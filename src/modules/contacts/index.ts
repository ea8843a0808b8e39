import './contact.customers.ts';
import './contact.mutations.ts';

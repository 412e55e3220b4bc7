import { type CallContext, customerObject, happened } from './context.ts';
import { metadataOf } from './lines.ts';
import { LIST_FIELDS, page } from './lists.ts';
import type { BalanceTransactionObject, CustomerObject, InvoiceItemObject } from './objects.ts';
import type { Parameters, Value } from './parameters.ts';
import type { Route } from './route.ts';

function textOrNull(value: Value | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function createCustomer(context: CallContext, parameters: Parameters): object {
  const customer: CustomerObject = {
    id: context.store.nextId('cus'),
    object: 'customer',
    balance: typeof parameters.balance === 'number' ? parameters.balance : 0,
    created: context.now,
    currency: null,
    description: textOrNull(parameters.description),
    email: textOrNull(parameters.email),
    livemode: false,
    metadata: metadataOf(parameters.metadata),
    name: textOrNull(parameters.name),
  };
  context.store.put('customers', customer.id, customer);
  happened(context, 'customer.created', customer);
  return customer;
}

/** What a person changes on Stripe's pages; an empty value unsets an entry of the metadata. */
function updateCustomer(context: CallContext, parameters: Parameters, id: string): object {
  const before = customerObject(context, id);
  const sent = parameters.metadata === undefined ? before.metadata : metadataOf(parameters.metadata);
  const customer = { ...before, metadata: sent };
  context.store.put('customers', id, customer);
  happened(context, 'customer.updated', customer);
  return customer;
}

function createItem(context: CallContext, parameters: Parameters): object {
  const customer = customerObject(context, String(parameters.customer));
  const item: InvoiceItemObject = {
    id: context.store.nextId('ii'),
    object: 'invoiceitem',
    amount: typeof parameters.amount === 'number' ? parameters.amount : 0,
    currency: String(parameters.currency ?? 'usd'),
    customer: customer.id,
    date: context.now,
    description: textOrNull(parameters.description),
    discountable: true,
    invoice: null,
    livemode: false,
    metadata: metadataOf(parameters.metadata),
  };
  context.store.put('items', item.id, item);
  return item;
}

function listItems(context: CallContext, parameters: Parameters): object {
  const { customer, invoice, pending } = parameters;
  const items = context.store
    .all('items')
    .filter((item) => customer === undefined || item.customer === customer)
    .filter((item) => invoice === undefined || item.invoice === invoice)
    .filter((item) => pending === undefined || (item.invoice === null) === pending)
    .reverse();
  return page(items, parameters, '/v1/invoiceitems');
}

function listCustomers(context: CallContext, parameters: Parameters): object {
  const { email } = parameters;
  const customers = context.store
    .all('customers')
    .filter(({ id }) => context.store.get('deletedCustomers', id) !== true)
    .filter((customer) => email === undefined || customer.email === email);
  return page(customers.reverse(), parameters, '/v1/customers');
}

function createBalanceTransaction(context: CallContext, parameters: Parameters, customerId: string): object {
  const customer = customerObject(context, customerId);
  const amount = typeof parameters.amount === 'number' ? parameters.amount : 0;
  const balance = customer.balance + amount;
  context.store.put('customers', customer.id, { ...customer, balance });
  const entry: BalanceTransactionObject = {
    id: context.store.nextId('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    created: context.now,
    credit_note: null,
    currency: String(parameters.currency),
    customer: customer.id,
    description: textOrNull(parameters.description),
    ending_balance: balance,
    invoice: null,
    livemode: false,
    metadata: metadataOf(parameters.metadata),
    type: 'adjustment',
  };
  context.store.put('balanceTransactions', entry.id, entry);
  return entry;
}

function listBalanceTransactions(context: CallContext, parameters: Parameters, customerId: string): object {
  const customer = customerObject(context, customerId);
  const entries = context.store.all('balanceTransactions').filter((entry) => entry.customer === customer.id);
  return page([...entries].reverse(), parameters, `/v1/customers/${customer.id}/balance_transactions`);
}

const CUSTOMER_FIELDS = {
  balance: { type: 'integer' },
  description: { type: 'text' },
  email: { type: 'text', maxLength: 512 },
  metadata: { type: 'metadata' },
  name: { type: 'text', maxLength: 256 },
} as const;

export const CUSTOMER_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/customers',
    fields: CUSTOMER_FIELDS,
    answer: (context, parameters) => createCustomer(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/customers',
    fields: { ...LIST_FIELDS, email: { type: 'text' } },
    answer: (context, parameters) => listCustomers(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/customers/:id',
    fields: {},
    answer: (context, _, id) => {
      const customer = customerObject(context, id);
      // A deleted customer is answered with no more than that.
      return context.store.get('deletedCustomers', id) === true ? { id, object: 'customer', deleted: true } : customer;
    },
  },
  {
    method: 'POST',
    path: '/v1/customers/:id',
    fields: CUSTOMER_FIELDS,
    answer: (context, parameters, id) => updateCustomer(context, parameters, id),
  },
  {
    method: 'DELETE',
    path: '/v1/customers/:id',
    fields: {},
    answer: (context, _, id) => {
      const customer = customerObject(context, id);
      context.store.put('deletedCustomers', id, true);
      happened(context, 'customer.deleted', customer);
      return { id, object: 'customer', deleted: true };
    },
  },
  {
    method: 'POST',
    path: '/v1/customers/:id/balance_transactions',
    fields: {
      amount: { type: 'integer' },
      currency: { type: 'text', maxLength: 3 },
      description: { type: 'text', maxLength: 350 },
      metadata: { type: 'metadata' },
    },
    required: ['amount', 'currency'],
    answer: createBalanceTransaction,
  },
  {
    method: 'GET',
    path: '/v1/customers/:id/balance_transactions',
    fields: LIST_FIELDS,
    answer: listBalanceTransactions,
  },
  {
    method: 'POST',
    path: '/v1/invoiceitems',
    fields: {
      amount: { type: 'integer' },
      currency: { type: 'text', maxLength: 3 },
      customer: { type: 'text' },
      description: { type: 'text' },
      metadata: { type: 'metadata' },
    },
    required: ['customer'],
    answer: (context, parameters) => createItem(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/invoiceitems',
    fields: { ...LIST_FIELDS, customer: { type: 'text' }, invoice: { type: 'text' }, pending: { type: 'boolean' } },
    answer: (context, parameters) => listItems(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/events',
    fields: { ...LIST_FIELDS, type: { type: 'text' } },
    answer: (context, parameters) => {
      const events = context.store.all('events').map(({ event }) => event);
      const wanted = events.filter((event) => parameters.type === undefined || event.type === parameters.type);
      return page(wanted.reverse(), parameters, '/v1/events');
    },
  },
];

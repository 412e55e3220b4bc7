import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type {
  BalanceTransactionObject,
  CreditNoteObject,
  CustomerObject,
  EventObject,
  InvoiceItemObject,
  InvoiceObject,
  LineObject,
} from './objects.ts';

export interface StoredAnswer {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  /** Seconds since 1970 by the stand-in's clock. */
  readonly storedAt: number;
}

/** What the stand-in keeps, by kind. */
export interface Collections {
  readonly customers: CustomerObject;
  readonly deletedCustomers: true;
  readonly invoices: { readonly invoice: InvoiceObject; readonly lines: readonly LineObject[] };
  readonly items: InvoiceItemObject;
  readonly creditNotes: CreditNoteObject;
  readonly balanceTransactions: BalanceTransactionObject;
  readonly events: { readonly event: EventObject; readonly delivered: boolean };
  readonly answers: StoredAnswer;
  readonly counters: number;
}
type Kind = keyof Collections;
type Change = readonly [kind: Kind, id: string, value: unknown];

function emptyCollections(): { readonly [K in Kind]: Map<string, Collections[K]> } {
  return {
    customers: new Map(),
    deletedCustomers: new Map(),
    invoices: new Map(),
    items: new Map(),
    creditNotes: new Map(),
    balanceTransactions: new Map(),
    events: new Map(),
    answers: new Map(),
    counters: new Map(),
  };
}

/**
 * The stand-in's memory. With a path, each transaction is one line appended to a journal before the answer leaves, so
 * that a killed process has forgotten nothing it answered; a torn last line belongs to an answer that never left.
 */
export class StripeStore {
  readonly #collections = emptyCollections();
  readonly #path: string | undefined;
  #changes: Change[] = [];
  #undo: (() => void)[] = [];

  constructor(path: string | undefined) {
    this.#path = path;
    if (path === undefined) return;
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) this.#load(path);
  }

  get<K extends Kind>(kind: K, id: string): Collections[K] | undefined {
    return this.#collections[kind].get(id);
  }

  all<K extends Kind>(kind: K): readonly Collections[K][] {
    return [...this.#collections[kind].values()];
  }

  put<K extends Kind>(kind: K, id: string, value: Collections[K]): void {
    this.#change(kind, id, value);
  }

  delete(kind: Kind, id: string): void {
    this.#change(kind, id, undefined);
  }

  /** The next id of a kind: `in_daybook000001`. */
  nextId(prefix: string): string {
    const count = (this.get('counters', prefix) ?? 0) + 1;
    this.put('counters', prefix, count);
    return `${prefix}_daybook${count.toString().padStart(6, '0')}`;
  }

  /** Runs `work` whole or not at all, and keeps its changes durably before it returns. */
  transact<T>(work: () => T): T {
    try {
      const result = work();
      this.#commit();
      return result;
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    } finally {
      this.#changes = [];
      this.#undo = [];
    }
  }

  #change<K extends Kind>(kind: K, id: string, value: Collections[K] | undefined): void {
    const collection: Map<string, Collections[K]> = this.#collections[kind];
    const before = collection.get(id);
    this.#undo.push(() => (before === undefined ? collection.delete(id) : collection.set(id, before)));
    this.#changes.push([kind, id, value ?? null]);
    if (value === undefined) collection.delete(id);
    else collection.set(id, value);
  }

  #commit(): void {
    if (this.#path === undefined || this.#changes.length === 0) return;
    appendFileSync(this.#path, `${JSON.stringify(this.#changes)}\n`);
  }

  #load(path: string): void {
    const lines = readFileSync(path, 'utf8').split('\n');
    const torn = lines.pop();
    for (const line of lines) {
      const changes = JSON.parse(line) as Change[];
      for (const [kind, id, value] of changes) {
        const collection: Map<string, unknown> = this.#collections[kind];
        if (value === null) collection.delete(id);
        else collection.set(id, value);
      }
    }
    if (torn === '') return;
    writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(''));
    renameSync(`${path}.new`, path);
  }
}

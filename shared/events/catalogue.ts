import { z } from 'zod';

const day = z.iso.date();
const period = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
/** Names are printable: what PostgreSQL or a log cannot hold is refused at the edge. */
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}+$/u, 'holds control characters');

const chainHash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * Every fact that Daybook publishes: the topic's name, and the data of its current version. A field may be added; a
 * changed meaning is a new version.
 */
export const EVENTS = {
  /** A region's source has a new current checkpoint for a day. */
  'usage.checkpointed': z.strictObject({
    region: name,
    source: name,
    day,
    checkpointId: z.string().regex(/^\d+$/),
    revision: z.int().positive(),
  }),
  /** A region's source could not be read for a day; a policy decides when it is tried again. */
  'usage.incomplete': z.strictObject({ region: name, source: name, day, reason: name, detail: z.string() }),
  /** Every required cell of a period is present or waived; the run is pinned, and this shard of its customers can be rated. */
  'period.completed': z.strictObject({ runId: name, period, fencingToken: z.int(), shard: z.int(), shards: z.int() }),
  /** Every shard of a run is rated; the run waits for review. */
  'charges.priced': z.strictObject({ runId: name, period, fencingToken: z.int(), invoices: z.int(), held: z.int() }),
  /** A customer's usage could not be rated; its invoice is held, and the others go on. */
  'rating.failed': z.strictObject({ runId: name, period, customer: name, reason: name, detail: z.string() }),
  /** An invoice was released by the run's sign-off and can go to Stripe. */
  'invoice.approved': z.strictObject({ invoiceId: name, runId: name }),
  /** An invoice stands in Stripe, equal to ours and final. */
  'invoice.issued': z.strictObject({ invoiceId: name, runId: name, stripeInvoiceId: name }),
  /** Stripe refused, or shows something else than we sent. */
  'invoice.failed': z.strictObject({ invoiceId: name, runId: name, reason: name, detail: z.string() }),
  /** The audit log is sealed through a UTC day. Kept outside the database, it shows a chain that was written anew. */
  'audit.sealed': z.strictObject({ day, sequence: z.string().regex(/^\d+$/), hash: chainHash, seal: chainHash }),
  /** What was written to the audit log since its last seal is not what its hashes were made from; nothing was sealed. */
  'audit.broken': z.strictObject({ day, faults: z.int().positive(), place: name }),
  /**
   * The inputs of an approved run's period are no longer those that it was billed on; this shard of the customers that it
   * touches is compared with what they were billed.
   */
  'period.changed': z.strictObject({ runId: name, period, rerating: z.int(), shard: z.int(), shards: z.int() }),
  /** A customer was billed something else than is right, and a person decides on the difference (minor units, as text). */
  'adjustment.proposed': z.strictObject({
    adjustmentId: name,
    period,
    customer: name,
    currency: name,
    total: z.string().regex(/^-?\d+$/),
  }),
  /** A credit is due and can go to Stripe. */
  'credit.approved': z.strictObject({ creditId: name }),
  /** Stripe refused a credit, or could not be reached; a policy decides when it is tried again. */
  'credit.failed': z.strictObject({ creditId: name, reason: name, detail: z.string() }),
} as const;

export type Topic = keyof typeof EVENTS;
export type EventData<T extends Topic> = z.infer<(typeof EVENTS)[T]>;

/** The version that this code writes and reads, of every topic. */
export const EVENT_VERSION = 1;

/** A fact, as it travels in a message's data. */
export interface DaybookEvent<T extends Topic = Topic> {
  readonly id: string;
  readonly type: T;
  readonly version: typeof EVENT_VERSION;
  readonly occurredAt: string;
  readonly data: EventData<T>;
}

export const TOPICS = Object.keys(EVENTS) as readonly Topic[];

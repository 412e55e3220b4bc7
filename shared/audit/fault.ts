/** Something in the log, its seals, or a table beside them that was not there when the log was written. */
export type AuditFault =
  /** Entries between two others are gone: `from` to `to`, both included. */
  | { readonly kind: 'missing'; readonly from: bigint; readonly to: bigint }
  /** The entry's content is not the one that its hash was made from. */
  | { readonly kind: 'altered'; readonly sequence: bigint; readonly action: string; readonly subject: string }
  /** The entry is sound in itself and does not follow the one before it: one of the two was written anew. */
  | { readonly kind: 'broken_link'; readonly sequence: bigint; readonly action: string; readonly subject: string }
  /** The entry stands before the first one or behind the last: it did not come from audit_append. */
  | { readonly kind: 'put_in'; readonly sequence: bigint; readonly action: string; readonly subject: string }
  /** The last entry is another than the one that the database keeps beside the log as its head: it was written anew. */
  | { readonly kind: 'head_differs'; readonly sequence: bigint; readonly expected: string; readonly found: string }
  /** A figure is another than the one that the log noted with its last state: its table was changed beside the log. */
  | {
      readonly kind: 'fact_differs';
      readonly entity: string;
      readonly subject: string;
      /** The column. */
      readonly fact: string;
      readonly actual: string | null;
      readonly noted: string | null;
      /** The entry that noted it. */
      readonly sequence: bigint;
    }
  /** A state that the log does not tell of, or a logged thing that is gone: the log was cut, or a table was changed beside it. */
  | {
      readonly kind: 'state_differs';
      readonly entity: string;
      readonly subject: string;
      /** Null when there is no such thing any more. */
      readonly actual: string | null;
      /** Null when the log never mentions it. */
      readonly logged: string | null;
    }
  /** The entry is not the one that a day's seal was put on, or is gone: the chain was written anew or cut after the sealing. */
  | {
      readonly kind: 'seal_differs';
      readonly day: string;
      readonly sequence: bigint;
      readonly expected: string;
      readonly found: string | null;
    }
  /** A seal's content is not the one that its hash was made from, or does not follow from the seal before it. */
  | { readonly kind: 'seal_altered'; readonly day: string }
  /** Days between two seals have none: `from` to `to`, both included. */
  | { readonly kind: 'seals_missing'; readonly from: string; readonly to: string }
  /** What was kept of a month whose rows retention dropped no longer fits its checkpoints (promise 18). */
  | { readonly kind: 'dropped_usage_differs'; readonly month: string; readonly what: string }
  /** The point that was noted elsewhere is not in the chain. */
  | {
      readonly kind: 'anchor_differs';
      readonly sequence: bigint;
      readonly expected: string;
      readonly found: string | null;
    };

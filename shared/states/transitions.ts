/**
 * Every thing with a status, and the only moves it may make. The SQL guard (state_transitions), the checks and the
 * diagrams derive from this table. `''` is birth; a state without successors is final.
 */
export const TRANSITIONS = {
  checkpoint: {
    '': ['running'],
    running: ['complete', 'unchanged', 'failed'],
    complete: ['superseded'],
    unchanged: [],
    failed: [],
    superseded: [],
  },
  usage_definition: {
    '': ['draft'],
    draft: ['in_review'],
    in_review: ['approved', 'rejected'],
    // Another definition takes over.
    approved: ['retired'],
    retired: [],
    rejected: [],
  },
  plan_version: {
    '': ['draft'],
    draft: ['checked'],
    checked: ['in_review'],
    in_review: ['approved', 'rejected'],
    // A changed backtest voids the approval.
    approved: ['active', 'in_review'],
    active: ['retired'],
    retired: [],
    rejected: [],
  },
  contract: {
    '': ['draft'],
    draft: ['approved'],
    // An approved contract that is withdrawn ends on its first day and covers none.
    approved: ['active', 'ended'],
    active: ['ended'],
    ended: [],
  },
  billing_run: {
    '': ['open'],
    open: ['collecting'],
    collecting: ['complete'],
    // Inputs that change before the approval drop the run back.
    complete: ['rated', 'rating_failed', 'collecting'],
    rating_failed: ['complete', 'collecting'],
    rated: ['in_review', 'collecting'],
    in_review: ['approved', 'collecting'],
    approved: ['issuing'],
    issuing: ['issued', 'issuing_failed'],
    issuing_failed: ['issuing'],
    // An invoice that was held is released and approved after the others were issued.
    issued: ['closed', 'issuing'],
    closed: [],
  },
  run_shard: {
    '': ['waiting'],
    waiting: ['rated', 'failed'],
    failed: ['waiting'],
    rated: [],
  },
  invoice: {
    '': ['rated', 'held'],
    rated: ['held', 'approved', 'superseded'],
    // Back to approved: what could not be sent when its run was signed off can be sent now.
    held: ['rated', 'approved', 'superseded', 'void'],
    // Held again: Stripe cannot be told of it yet, so that nothing was sent.
    approved: ['drafted', 'stripe_failed', 'held'],
    drafted: ['verified', 'stripe_failed'],
    verified: ['finalized', 'stripe_failed'],
    // A retry resumes where the answered requests end.
    stripe_failed: ['approved', 'void'],
    finalized: ['paid', 'uncollectible', 'void'],
    uncollectible: ['paid', 'void'],
    paid: [],
    void: [],
    superseded: [],
  },
  close_rule: {
    '': ['proposed'],
    proposed: ['in_force', 'withdrawn'],
    in_force: ['retired'],
    retired: [],
    withdrawn: [],
  },
  // One person asks, another approves, and only then is Stripe told.
  invoice_void: {
    '': ['asked'],
    asked: ['approved', 'withdrawn'],
    approved: ['done', 'withdrawn'],
    done: [],
    withdrawn: [],
  },
  rerating_shard: {
    '': ['waiting'],
    waiting: ['compared'],
    compared: [],
  },
  term_correction: {
    '': ['draft'],
    draft: ['approved', 'rejected'],
    // Another correction of the same contract and period takes its place.
    approved: ['superseded'],
    rejected: [],
    superseded: [],
  },
  mode_change: {
    '': ['proposed'],
    proposed: ['approved', 'rejected'],
    approved: ['rolled_back'],
    rejected: [],
    rolled_back: [],
  },
  adjustment: {
    '': ['proposed'],
    proposed: ['approved', 'rejected', 'superseded'],
    // A newer change of the same period takes its place as long as it stands nowhere.
    approved: ['placed', 'superseded'],
    // On an invoice that is not final yet, or as credits that Stripe has not confirmed.
    placed: ['applied', 'approved'],
    // An invoice that is voided gives back what it carried.
    applied: ['approved'],
    rejected: [],
    superseded: [],
  },
  credit: {
    '': ['planned'],
    // The invoice that carries it was given up, or the one that it reduces was voided.
    planned: ['committed', 'failed', 'cancelled'],
    committed: ['issued', 'failed', 'cancelled'],
    failed: ['committed', 'cancelled'],
    issued: [],
    cancelled: [],
  },
  stripe_request: {
    '': ['committed'],
    committed: ['answered', 'refused'],
    refused: ['committed'],
    // What the answer spoke of is gone from Stripe: the same bytes go once more, under the next key.
    answered: ['committed'],
  },
  stripe_difference: {
    '': ['open'],
    open: ['accepted', 'resolved'],
    accepted: ['resolved'],
    resolved: [],
  },
  exception: {
    '': ['open'],
    open: ['retrying', 'resolved', 'waived', 'escalated'],
    retrying: ['open', 'resolved', 'waived', 'escalated'],
    escalated: ['retrying', 'resolved', 'waived'],
    resolved: [],
    waived: [],
  },
  usage_partition: {
    '': ['open'],
    open: ['sealed'],
    sealed: ['detached'],
    // What somebody came to need between the two steps of dropping goes back.
    detached: ['dropped', 'sealed'],
    dropped: [],
  },
  retention_hold: {
    '': ['in_force'],
    in_force: ['released'],
    released: [],
  },
  completeness_waiver: {
    '': ['proposed'],
    proposed: ['approved', 'rejected'],
    rejected: ['proposed'],
    approved: [],
  },
  usage_anomaly: {
    '': ['open'],
    open: ['released', 'cleared'],
    // Another figure than the one that a person has judged is a new question.
    released: ['open'],
    cleared: ['open'],
  },
  backfill: {
    '': ['proposed', 'running'],
    proposed: ['running', 'rejected'],
    running: ['complete', 'failed'],
    // Taken up again, for the cells that failed.
    failed: ['running'],
    complete: [],
    rejected: [],
  },
  backfill_cell: {
    '': ['waiting'],
    waiting: ['running'],
    running: ['changed', 'unchanged', 'failed', 'waiting'],
    failed: ['waiting'],
    changed: [],
    unchanged: [],
  },
  dead_letter: {
    '': ['waiting'],
    waiting: ['replayed', 'discarded'],
    replayed: ['waiting'],
    discarded: [],
  },
} as const satisfies Record<string, Record<string, readonly string[]>>;

export type Entity = keyof typeof TRANSITIONS;
export type StateOf<E extends Entity> = Exclude<keyof (typeof TRANSITIONS)[E], ''> & string;

/** The states that may follow; empty for a final one. */
export function nextStates<E extends Entity>(entity: E, state: StateOf<E>): readonly string[] {
  const table: Readonly<Record<string, readonly string[]>> = TRANSITIONS[entity];
  return table[state] ?? [];
}

/** What a person does to a draft, from Stripe's own pages, just before a call reaches it. */
export type PersonAct =
  | 'edit_line_amount'
  | 'edit_description'
  | 'add_line'
  | 'remove_line'
  | 'add_discount'
  | 'turn_tax_off'
  | 'change_due_days'
  | 'finalize'
  | 'void'
  | 'delete';

export type StripeFault =
  /** The connection closes before anything is done. */
  | { readonly kind: 'drop_request' }
  /** All is done and kept; the connection closes without an answer. */
  | { readonly kind: 'drop_reply' }
  /** All is done and kept; the connection closes in the middle of the answer. */
  | { readonly kind: 'cut_reply' }
  /** All is done and kept; no answer ever comes. */
  | { readonly kind: 'hang' }
  /** All is done and kept; a page of a proxy is answered. */
  | { readonly kind: 'not_json' }
  /** The call takes its time; its key is in use meanwhile. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** All is done and kept; the answer takes its time, and is old when it comes. */
  | { readonly kind: 'slow_reply'; readonly delayMs: number }
  /** A list that does not show yet what was made a moment ago. */
  | { readonly kind: 'empty_list' }
  /** 409: the key is in use by another call. */
  | { readonly kind: 'conflict' }
  | {
      readonly kind: 'rate_limit';
      readonly retryAfterSeconds: number;
      readonly reason?: 'global-rate' | 'endpoint-rate' | 'resource-specific';
    }
  /** 400 without effect, which Stripe itself says may pass: `Stripe-Should-Retry: true`. Not stored. */
  | { readonly kind: 'refused_for_now' }
  /** 500 without effect. Stored: the same key gets it again until it is forgotten. */
  | { readonly kind: 'server_error'; readonly stored: boolean }
  /** 500 although all is done; stored. */
  | { readonly kind: 'server_error_after_effect' }
  | { readonly kind: 'person'; readonly act: PersonAct };

export interface FaultRule {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Part of the path: `/finalize`. Every path when absent. */
  readonly path?: string;
  /** Which of the matching calls, counted from 1, or every one. */
  readonly call: number | 'every';
  readonly fault: StripeFault;
}

/** The plan of faults: each rule counts the calls that match it. */
export class FaultPlan {
  #rules: { rule: FaultRule; seen: number }[] = [];

  add(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0 })));
  }

  clear(): void {
    this.#rules = [];
  }

  /** The faults of this call, in the order in which their rules were added. Counts the call. */
  next(method: string, path: string): readonly StripeFault[] {
    return this.#rules.flatMap((entry) => {
      const { rule } = entry;
      if (rule.method !== undefined && rule.method !== method) return [];
      if (rule.path !== undefined && !path.includes(rule.path)) return [];
      entry.seen += 1;
      return rule.call === 'every' || rule.call === entry.seen ? [rule.fault] : [];
    });
  }
}

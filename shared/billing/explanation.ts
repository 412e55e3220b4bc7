import type {
  AdjustmentStatus,
  BillingMode,
  CheckpointStatus,
  InvoiceStatus,
  Rollup,
} from '../database/queries.generated.ts';
import type { PlanRate } from '../plans/plan-document.ts';
import type { MetricTotals } from '../retention/plan.ts';

/** A figure on the invoice beside the one that was computed anew for the explanation. */
export interface Recomputation {
  /** As billed: a decimal, or `n/d`. */
  readonly billed: string;
  /** Computed now from what the run rests on; null when it cannot be computed. */
  readonly recomputed: string | null;
  readonly matches: boolean;
}

/** One row of usage that is in a billed quantity, in the source's unit. */
export interface UsageRowExplanation {
  readonly project: string;
  readonly region: string;
  readonly day: string;
  readonly quantity: string;
  /** The name of its checkpoint, which is listed under the invoice. */
  readonly checkpoint: string;
}

/** How the rows of one metric became the figure in a formula. */
export interface MetricExplanation {
  readonly kind: 'metric';
  readonly name: string;
  readonly title: string;
  /** The billed unit. */
  readonly unit: string;
  readonly rollup: Rollup;
  /** Source units in one billed unit. */
  readonly divisor: string;
  /** The roll-up in words. */
  readonly statement: string;
  /** What `value` was computed anew from: the rows, or, when they are gone, the quantity in the invoice's document. */
  readonly basis: 'rows' | 'document';
  readonly value: Recomputation;
  readonly rows: readonly UsageRowExplanation[];
  /** Totals of the days over projects and regions, in the source's unit; days without a row are 0. */
  readonly days: readonly { readonly day: string; readonly total: string }[];
  /** The names of the checkpoints of the segment's days: those without a row of the customer are the evidence of zeros. */
  readonly checkpoints: readonly string[];
}

/** What a name in a formula stood for. */
export type ValueExplanation =
  | MetricExplanation
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly value: string;
      readonly unit: string;
      /** Where the value comes from; a contract's stands in place of the plan's. */
      readonly source: 'plan' | 'contract';
      readonly planValue: string;
    }
  | { readonly kind: 'builtin'; readonly name: string; readonly value: string; readonly statement: string };

export interface RateExplanation {
  readonly name: string;
  readonly rate: PlanRate;
  readonly source: 'plan' | 'contract';
}

/** A tier or package under a line; the amounts add up to the line's. */
export interface PartExplanation {
  readonly key: string;
  readonly label: string;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  readonly flat: string | null;
  readonly exact: string;
  readonly amountMinor: string;
}

export interface LineExplanation {
  readonly key: string;
  readonly label: string;
  readonly project: string | null;
  /** Minor units. */
  readonly amountMinor: string;
  readonly quantity: string | null;
  readonly formula: { readonly text: string; readonly digest: string };
  readonly plan: {
    readonly plan: string;
    readonly title: string;
    readonly version: string;
    readonly parametersDigest: string;
  };
  readonly contract: { readonly contract: string; readonly mode: BillingMode };
  /** The days that the line is for, half-open. */
  readonly segment: { readonly from: string; readonly to: string; readonly usageDigest: string };
  /** The exact amount in the major unit. */
  readonly exact: Recomputation;
  /** The exact amount rounded once, half away from zero, in minor units. */
  readonly rounding: Recomputation;
  readonly values: readonly ValueExplanation[];
  readonly rates: readonly RateExplanation[];
  readonly parts: readonly PartExplanation[];
}

/** A page of the daybook: what a source said of a region's day, and the proof. */
export interface CheckpointExplanation {
  /** `us-central1/requests/2026-10-14@1`. */
  readonly name: string;
  readonly checkpointId: string;
  readonly region: string;
  readonly source: string;
  readonly sourceVersion: number;
  readonly configurationDigest: string;
  readonly metric: string;
  readonly day: string;
  readonly revision: number;
  /** `superseded` when a later revision has come since; the invoice rests on this one. */
  readonly status: CheckpointStatus;
  readonly rowCount: number;
  readonly total: string;
  readonly digest: string;
  readonly finishedAt: string;
  /** The queries as they were sent. */
  readonly queries: readonly { readonly text: string; readonly parameters: Readonly<Record<string, string>> }[];
  /** What the source showed beside its figures. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A day that was billed without a figure, by decision of two people. */
export interface WaiverExplanation {
  readonly region: string;
  readonly source: string;
  readonly metric: string;
  readonly day: string;
  readonly author: string;
  readonly approver: string;
  readonly why: string;
}

/** Usage of the customer that is in no line, and why. */
interface ExclusionExplanation {
  readonly metric: string;
  readonly rows: number;
  readonly quantity: string;
  readonly reason: string;
}

/** What the usage plan would have billed in shadow mode; nothing of it is on the invoice. */
export interface ShadowExplanation {
  /** Minor units of the invoice's currency. */
  readonly totalMinor: string;
  readonly lines: readonly {
    readonly key: string;
    readonly label: string;
    readonly project: string | null;
    readonly formula: string;
    readonly planVersion: string;
    readonly amountMinor: string;
    readonly exact: Recomputation;
  }[];
}

/** An adjustment whose lines stand on the invoice, with what each line corrects. */
export interface CarriedExplanation {
  readonly adjustment: string;
  readonly status: AdjustmentStatus;
  /** The period and the invoices that it corrects. */
  readonly period: string;
  readonly corrects: readonly string[];
  /** Minor units. What is given back as credits stands against it on the invoice. */
  readonly totalMinor: string;
  readonly creditedMinor: string;
  readonly lines: readonly {
    readonly label: string;
    readonly invoice: string;
    readonly line: string;
    readonly part: string | null;
    /** Exact amounts in the currency, before rounding. */
    readonly billed: string;
    readonly corrected: string;
    readonly amountMinor: string;
  }[];
}

/** An adjustment that corrects the invoice, and where it stands. */
export interface CorrectingExplanation {
  readonly adjustment: string;
  readonly status: AdjustmentStatus;
  readonly totalMinor: string;
  /** The invoice that carries it; null while it waits, and when it is given back as credits. */
  readonly invoice: string | null;
}

/** What is left of usage rows that retention has dropped or is dropping. */
export interface RetentionExplanation {
  readonly month: string;
  readonly status: 'detached' | 'dropped';
  readonly goneAt: string;
  readonly rows: string;
  /** By metric, in the source's unit, of all customers. */
  readonly totals: MetricTotals;
  readonly digest: string;
  /** The audit entry that keeps count, totals and digests; null before the drop. */
  readonly auditSequence: string | null;
  /** Whether the entry adds up, to the sealed figures and for every checkpoint that the run pinned. */
  readonly matches: boolean;
}

/** An invoice led back from its lines to the queries that were sent to the sources. Numbers are text. */
export interface InvoiceExplanation {
  readonly invoice: string;
  readonly customer: string;
  readonly customerName: string;
  readonly period: string;
  readonly series: string;
  readonly status: InvoiceStatus;
  readonly currency: string;
  /** Minor units. */
  readonly totalMinor: string;
  readonly run: string;
  readonly fencingToken: number;
  readonly holdReason: string | null;
  readonly documentDigest: string;
  /**
   * Whether rating anew from the pinned checkpoints and the plan versions gives the kept document to the byte (promise 13).
   * When the rows are gone: whether the document has its digest and says what the charges say.
   */
  readonly documentMatches: boolean;
  readonly lines: readonly LineExplanation[];
  readonly carried: readonly CarriedExplanation[];
  readonly correctedBy: readonly CorrectingExplanation[];
  readonly exclusions: readonly ExclusionExplanation[];
  readonly checkpoints: readonly CheckpointExplanation[];
  readonly waivers: readonly WaiverExplanation[];
  /** Null when the customer is not in shadow mode. */
  readonly shadow: ShadowExplanation | null;
  /** Null while the usage rows are there. */
  readonly retention: RetentionExplanation | null;
  /** Whether everything that was computed anew is what was billed. */
  readonly matches: boolean;
}

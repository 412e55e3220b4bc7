/** One thing that was tried, and how it ended. */
export type StepOutcome =
  | { readonly kind: 'ok'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string; readonly fix: string }
  /** This deployment does not have it; nothing was tried. */
  | { readonly kind: 'not_configured'; readonly detail: string; readonly fix: string };

export function ok(detail: string): StepOutcome {
  return { kind: 'ok', detail };
}

export function failed(detail: string, fix: string): StepOutcome {
  return { kind: 'failed', detail, fix };
}

export function notConfigured(detail: string, fix: string): StepOutcome {
  return { kind: 'not_configured', detail, fix };
}

/** The first of a list, and how many more. */
export function listed(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

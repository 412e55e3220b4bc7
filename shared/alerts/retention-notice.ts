import type { Enforcement } from '../retention/enforce.ts';
import { COMMANDS } from './commands.ts';
import type { Notice } from './notice.ts';

const JOB = 'enforce-retention';

/** What people are told of a run of retention: usage rows where none belong, and months that do not add up. */
export function retentionNotices(outcomes: Enforcement['outcomes'], stray: Enforcement['stray']): Notice[] {
  const notices = outcomes.flatMap(({ month, outcome }) =>
    outcome.kind === 'failed' ? [failureNotice(month, outcome.reason)] : [],
  );
  return stray.rows === 0 ? notices : [...notices, strayNotice(stray)];
}

function failureNotice(month: string, reason: string): Notice {
  return {
    occasion: { job: JOB, window: month, error: 'rows_do_not_add_up' },
    alert: {
      severity: 'critical',
      title: `Usage of ${month} does not add up and is kept`,
      where: `partition of ${month}`,
      why: reason,
      recover: COMMANDS.planRetention(),
    },
  };
}

/** Told once for as long as the same first day lies there. */
function strayNotice({ rows, firstDay, lastDay }: Enforcement['stray']): Notice {
  return {
    occasion: { job: JOB, window: firstDay ?? '', error: 'rows_outside_managed_months' },
    alert: {
      severity: 'critical',
      title: 'Usage rows lie outside the managed months',
      where: `usage_daily_default, ${firstDay} to ${lastDay}`,
      why: `${rows} rows are in no month's partition: retention neither seals nor drops them`,
      recover: COMMANDS.planRetention(),
    },
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A schedule that fires at `offsetMs` past every whole multiple of `everyMs` since 1970, in UTC. */
interface Beat {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/**
 * The next firing after an instant, in UTC. Only the forms that Daybook's manifests use: `m h * * *` (daily),
 * `* * * * *` (every minute), and `*\/n * * * *` where n divides 60. Throws RangeError for any other.
 */
export function nextFiring(cron: string, after: Date): Date {
  const { everyMs, offsetMs } = beatOf(cron);
  const beats = Math.floor((after.getTime() - offsetMs) / everyMs) + 1;
  return new Date(beats * everyMs + offsetMs);
}

/** Whether the schedule fires once a day. */
export function isDaily(cron: string): boolean {
  return beatOf(cron).everyMs === DAY_MS;
}

function beatOf(cron: string): Beat {
  if (cron === '* * * * *') return { everyMs: MINUTE_MS, offsetMs: 0 };
  const minutes = wholeNumber(/^\*\/(\d{1,2}) \* \* \* \*$/.exec(cron)?.[1]);
  if (minutes !== undefined && minutes > 0 && 60 % minutes === 0) return { everyMs: minutes * MINUTE_MS, offsetMs: 0 };
  const daily = /^(\d{1,2}) (\d{1,2}) \* \* \*$/.exec(cron);
  const minute = wholeNumber(daily?.[1]);
  const hour = wholeNumber(daily?.[2]);
  if (minute !== undefined && hour !== undefined && minute < 60 && hour < 24) {
    return { everyMs: DAY_MS, offsetMs: hour * HOUR_MS + minute * MINUTE_MS };
  }
  throw new RangeError(
    `The local scheduler does not know the schedule "${cron}": it knows "m h * * *", "* * * * *" and "*/n * * * *" with an n that divides 60.`,
  );
}

function wholeNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

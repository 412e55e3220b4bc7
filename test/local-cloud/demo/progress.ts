/** Tells whoever waits how far the month has come. */
export interface Progress {
  /** A step that takes a moment. */
  step(text: string): void;
  /** `done` of `total` days are aggregated; `day` is the last of them. */
  day(day: string, done: number, total: number): void;
  /** Leaves the screen in order before other text is written. */
  end(): void;
}

const BAR_WIDTH = 31;
const USUAL_COLUMNS = 80;
const PLAIN_EVERY_DAYS = 5;

/** One live line on a terminal; elsewhere plain lines, one per step and one per five days. */
export function openProgress(output: NodeJS.WriteStream): Progress {
  return output.isTTY ? liveProgress(output) : plainProgress(output);
}

function plainProgress(output: NodeJS.WriteStream): Progress {
  return {
    step: (text) => output.write(`${text}\n`),
    day: (day, done, total) => {
      if (done % PLAIN_EVERY_DAYS === 0 || done === total)
        output.write(`  ${done} of ${total} days aggregated, up to ${day}\n`);
    },
    end: () => undefined,
  };
}

function liveProgress(output: NodeJS.WriteStream): Progress {
  let ended = false;
  const live = (text: string) => {
    // What is still under way when somebody asks to stop writes nothing more.
    if (!ended) output.write(`\r\u001b[2K${text.slice(0, (output.columns || USUAL_COLUMNS) - 1)}`);
  };
  return {
    step: (text) => live(text),
    day: (day, done, total) => {
      const filled = Math.round((done / total) * BAR_WIDTH);
      live(`[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${day}  ${done} of ${total} days`);
    },
    end: () => {
      if (!ended) output.write('\r\u001b[2K');
      ended = true;
    },
  };
}

import { COMMANDS } from './commands.ts';
import type { Notice } from './notice.ts';

export interface DeadLetter {
  readonly subscription: string;
  readonly messageId: string;
  readonly reason: string;
  readonly receivedAt: Date;
}

/** One alert per subscription, day and kind of reason: a poison message seldom comes alone. */
export function deadLetterNotice({ subscription, messageId, reason, receivedAt }: DeadLetter): Notice {
  const since = receivedAt.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    occasion: { job: subscription, window: since.slice(0, 10), error: kindOf(reason) },
    alert: {
      severity: 'critical',
      title: `A message of ${subscription} was put aside`,
      where: `subscription ${subscription}, message ${messageId}, at ${since}; more of this kind today are not told again`,
      why: reason,
      recover: `# the message is kept with its reason; send it back or give it up by its number
${COMMANDS.listDeadLetters()}`,
    },
  };
}

/** The part of a reason that does not change from message to message. */
function kindOf(reason: string): string {
  return (reason.split(/[:;"\n]/, 1)[0] ?? '').replace(/\d+/g, '#').trim();
}

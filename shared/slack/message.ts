import type { IncomingWebhookSendArguments } from '@slack/webhook';
import type { Alert, Severity } from './alert.ts';

/** Slack's limits (https://docs.slack.dev/reference/block-kit/blocks), in UTF-16 code units. */
const HEADER_LENGTH = 150;
const SECTION_LENGTH = 3000;

const SEVERITY_MARKS: Readonly<Record<Severity, string>> = {
  information: ':information_source:',
  warning: ':warning:',
  critical: ':rotating_light:',
};

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** Slack's three control characters: unescaped, a customer's name could mention a channel or hide a link. */
function escaped(text: string): string {
  return text.toWellFormed().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Code cannot hold its own fence; a look-alike keeps it readable. */
function code(text: string): string {
  return `\`\`\`${escaped(text).replaceAll('`', 'ˋ')}\`\`\``;
}

function section(title: string, text: string) {
  const room = SECTION_LENGTH - title.length - 10;
  return { type: 'section', text: { type: 'mrkdwn', text: `*${title}*\n${shortened(text, room)}` } } as const;
}

/** The message of an alert: what, where, why, and the command that recovers. */
export function alertMessage(alert: Alert): IncomingWebhookSendArguments {
  const title = shortened(`${SEVERITY_MARKS[alert.severity]} ${alert.title.toWellFormed()}`, HEADER_LENGTH);
  return {
    text: shortened(escaped(`${alert.title}: ${alert.where}`), SECTION_LENGTH),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: true } },
      section('Where', escaped(alert.where)),
      section('Why', escaped(alert.why)),
      section('Recover', code(shortened(alert.recover, SECTION_LENGTH / 2))),
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

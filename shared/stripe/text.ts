import { digest } from '../canonical/canonical-json.ts';

/** Stripe's limits (https://docs.stripe.com/api/metadata). Lengths are in UTF-16 code units. */
const METADATA_KEYS = 50;
const METADATA_KEY_LENGTH = 40;
const METADATA_VALUE_LENGTH = 500;
const DESCRIPTION_LENGTH = 500;

/** Text as it can be printed on an invoice: control characters become spaces, spaces at the ends go. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** The key as it can stand in metadata: itself, or its digest when it is not printable or too long. */
export function markOf(key: string): string {
  return printable(key) === key && key.length <= METADATA_VALUE_LENGTH ? key : digest(key);
}

/** Why the text cannot be the description of a line; undefined when it can. */
export function descriptionRefusal(text: string): string | undefined {
  if (!text.isWellFormed()) return 'the description is not well formed Unicode';
  if (text === '') return 'the description is empty';
  if (text.length > DESCRIPTION_LENGTH)
    return `the description has ${text.length} characters; the limit is ${DESCRIPTION_LENGTH}`;
  return undefined;
}

function entryRefusal(key: string, value: string): string | undefined {
  if (!key.isWellFormed() || !value.isWellFormed()) return 'metadata is not well formed Unicode';
  if (key === '' || key.length > METADATA_KEY_LENGTH || /[[\]]/.test(key)) {
    return `metadata name "${key.slice(0, METADATA_KEY_LENGTH)}" must have 1 to ${METADATA_KEY_LENGTH} characters and no square brackets`;
  }
  if (value.length > METADATA_VALUE_LENGTH) {
    return `metadata ${key} has ${value.length} characters; the limit is ${METADATA_VALUE_LENGTH}`;
  }
  return undefined;
}

/** Why the entries cannot be metadata of a Stripe object; undefined when they can. */
export function metadataRefusal(metadata: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(metadata);
  if (entries.length > METADATA_KEYS) return `metadata has ${entries.length} entries; the limit is ${METADATA_KEYS}`;
  for (const [key, value] of entries) {
    const refusal = entryRefusal(key, value);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Metadata as Stripe keeps it: printable values; an empty value would unset the entry, so it is left out. */
export function printableMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(metadata)
      .map(([key, value]) => [key, printable(value)] as const)
      .filter(([, value]) => value !== ''),
  );
}

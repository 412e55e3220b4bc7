/** Something that the person who started the stack can put right. The message says how; a stack trace would not help. */
export class PersonError extends Error {
  override readonly name = 'PersonError';
}

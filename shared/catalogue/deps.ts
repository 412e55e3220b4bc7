import type { Database } from '../database/database.ts';
import type { Effects } from '../effects/effects.ts';

/** What the lives of plans and contracts need of the world. */
export interface CatalogueDeps {
  readonly database: Database;
  readonly effects: Effects;
}

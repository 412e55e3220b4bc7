/** An attribute as Terraform's plugin protocol knows it. `type`: string, number, bool, list(…), set(…) or map(…). */
export interface Attribute {
  readonly type: string;
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
}

export interface Block {
  readonly attributes: Record<string, Attribute>;
  readonly blocks: Record<string, NestedBlock>;
}

export interface NestedBlock extends Block {
  readonly nesting: 'list' | 'set';
  /** At most one. */
  readonly single: boolean;
  readonly required: boolean;
}

/** What the Google provider accepts and tells, for the kinds that the configuration uses. */
export interface ProviderSchema {
  readonly resources: Readonly<Record<string, Block>>;
  readonly dataSources: Readonly<Record<string, Block>>;
}

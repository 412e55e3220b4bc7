import type { Attribute, NestedBlock } from './schema.ts';

interface Amendment {
  readonly kind: string;
  /** From the resource down: block names, then the attribute's or block's own. */
  readonly path: readonly string[];
  readonly attribute?: Attribute;
  readonly block?: NestedBlock;
}

const OPTIONAL_TEXT: Attribute = { type: 'string', required: false, optional: true, computed: true };

/**
 * What the provider has gained since the version that the bindings were published for, as far as the configuration uses
 * it. None of the breaking changes of 7.0.0 and 8.0.0 touches another kind of ours:
 * https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/version_8_upgrade
 */
export const AMENDMENTS: readonly Amendment[] = [
  // https://cloud.google.com/functions/docs/networking/network-settings#direct-vpc-egress, since 7.9
  { kind: 'google_cloudfunctions2_function', path: ['service_config', 'direct_vpc_egress'], attribute: OPTIONAL_TEXT },
  {
    kind: 'google_cloudfunctions2_function',
    path: ['service_config', 'direct_vpc_network_interface'],
    block: {
      nesting: 'list',
      single: false,
      required: false,
      attributes: {
        network: OPTIONAL_TEXT,
        subnetwork: OPTIONAL_TEXT,
        tags: { type: 'list(string)', required: false, optional: true, computed: false },
      },
      blocks: {},
    },
  },
];

import { type Decimal, parseDecimal } from '../../exact/decimal.ts';

export type SampleValue =
  | { readonly kind: 'value'; readonly value: Decimal }
  | {
      readonly kind: 'refused';
      readonly reason: 'not_a_number' | 'negative_value' | 'malformed_response';
      readonly detail: string;
    };

/**
 * A sample as Prometheus writes it (`12`, `0.1`, `1.5e+21`, `NaN`, `+Inf`), taken as exactly the decimal that is
 * written. Usage cannot be negative, so a negative sample is refused.
 */
export function parseSampleValue(text: string): SampleValue {
  if (/^([+-]?Inf|NaN)$/.test(text)) {
    return { kind: 'refused', reason: 'not_a_number', detail: `a sample is ${text}; correct what exports it` };
  }
  const reading = parseDecimal(text);
  if (reading.kind === 'refused') return { kind: 'refused', reason: 'malformed_response', detail: reading.detail };
  if (reading.value.startsWith('-')) {
    const detail = `a sample is ${text}, and usage cannot be negative; correct what exports it`;
    return { kind: 'refused', reason: 'negative_value', detail };
  }
  return { kind: 'value', value: reading.value };
}

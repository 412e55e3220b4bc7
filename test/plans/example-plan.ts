/** The plan of the documentation, as its author writes it. A new copy each time, for tests that change it. */
export function examplePlan() {
  return {
    plan: 'enterprise-usage',
    title: 'Enterprise usage',
    currency: 'usd',
    metrics: {
      requests: { unit: 'request', rollup: 'sum' },
      data_gb: { unit: 'GB', rollup: 'sum' },
      peak_rps: { unit: 'request/s', rollup: 'max' },
    },
    parameters: {
      platform_fee: { value: '1500', unit: 'usd' },
      included_gb: { value: '100', unit: 'GB' },
      price_per_gb: { value: '0.13', unit: 'usd/GB' },
      commitment: { value: '2000', unit: 'usd' },
    },
    rates: {
      request_rate: {
        per: 'request',
        flatAtZero: false,
        tiers: [
          { upTo: '1000000', unitPrice: '0' },
          { upTo: '10000000', unitPrice: '0.000002', flat: '5' },
          { upTo: null, unitPrice: '0.000001' },
        ],
      },
    },
    lines: [
      { key: 'platform', label: 'Platform fee', formula: 'platform_fee * active_days / period_days' },
      { key: 'requests', label: 'API requests', quantity: 'requests', formula: 'graduated(requests, request_rate)' },
      {
        key: 'data',
        label: 'Data passthrough',
        quantity: 'data_gb',
        formula: 'max(0, data_gb - included_gb) * price_per_gb',
      },
      { key: 'true_up', label: 'Minimum commitment', formula: 'max(0, commitment - subtotal)' },
    ],
  };
}

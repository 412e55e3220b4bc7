/** The regions of the demo, in the order in which they are shown. */
export const REGIONS = ['us-central1', 'europe-west1', 'asia-northeast1'] as const;
export type Region = (typeof REGIONS)[number];

/** How the customer is billed; which plan and contract that means is not said here. */
type Segment = 'enterprise' | 'pay-as-you-go' | 'legacy' | 'shadow';

export interface ScenarioProject {
  readonly id: string;
  readonly regions: readonly Region[];
  /** Day of the month (1 to 28) on which the project first runs; it runs from before the month when absent. */
  readonly from?: number;
  /** Day of the month (2 to 28) on which it runs no more; it runs past the month when absent. */
  readonly to?: number;
  /** Size against an ordinary project, a whole number from 1. */
  readonly weight: number;
}

export interface ScenarioCustomer {
  readonly id: string;
  readonly name: string;
  readonly segment: Segment;
  readonly projects: readonly ScenarioProject[];
}

const US: readonly Region[] = ['us-central1'];
const EU: readonly Region[] = ['europe-west1'];
const ASIA: readonly Region[] = ['asia-northeast1'];
const US_EU: readonly Region[] = ['us-central1', 'europe-west1'];
const EVERYWHERE: readonly Region[] = REGIONS;

/** Who uses what, where, in the demo month: twelve customers with forty-four projects. */
export const CUSTOMERS: readonly ScenarioCustomer[] = [
  {
    id: 'cus_nimbus_robotics',
    name: 'Nimbus Robotics',
    segment: 'enterprise',
    projects: [
      { id: 'nimbus-fleet-prod', regions: EVERYWHERE, weight: 9 },
      { id: 'nimbus-fleet-staging', regions: US, weight: 2 },
      { id: 'nimbus-telemetry', regions: US_EU, weight: 6 },
      { id: 'nimbus-vision', regions: EVERYWHERE, weight: 5 },
      { id: 'nimbus-simulator', regions: US, from: 9, weight: 4 },
      { id: 'nimbus-research', regions: EU, to: 20, weight: 2 },
    ],
  },
  {
    id: 'cus_helios_energy',
    name: 'Helios Energy',
    segment: 'enterprise',
    projects: [
      { id: 'helios-grid-forecast', regions: US_EU, weight: 7 },
      { id: 'helios-meter-ingest', regions: EVERYWHERE, weight: 8 },
      { id: 'helios-trading', regions: EU, weight: 6 },
      { id: 'helios-maintenance', regions: US, weight: 3 },
      { id: 'helios-sandbox', regions: EU, from: 12, to: 25, weight: 1 },
    ],
  },
  {
    id: 'cus_quanta_bank',
    name: 'Quanta Bank',
    segment: 'enterprise',
    projects: [
      { id: 'quanta-fraud-scoring', regions: EVERYWHERE, weight: 10 },
      { id: 'quanta-kyc', regions: US_EU, weight: 5 },
      { id: 'quanta-advisor', regions: US_EU, weight: 4 },
      { id: 'quanta-risk-batch', regions: EU, weight: 6 },
      { id: 'quanta-archive', regions: EU, weight: 1 },
      { id: 'quanta-apac-pilot', regions: ASIA, from: 15, weight: 3 },
    ],
  },
  {
    id: 'cus_tidepool_games',
    name: 'Tidepool Games',
    segment: 'pay-as-you-go',
    projects: [
      { id: 'tidepool-matchmaking', regions: EVERYWHERE, weight: 6 },
      { id: 'tidepool-chat-moderation', regions: ['us-central1', 'asia-northeast1'], weight: 4 },
      { id: 'tidepool-leaderboards', regions: US, weight: 2 },
      { id: 'tidepool-season-event', regions: US, from: 20, to: 27, weight: 7 },
    ],
  },
  {
    id: 'cus_fernwood_studio',
    name: 'Fernwood Studio',
    segment: 'pay-as-you-go',
    projects: [
      { id: 'fernwood-render', regions: EU, weight: 4 },
      { id: 'fernwood-previews', regions: US_EU, weight: 2 },
      { id: 'fernwood-archive', regions: EU, weight: 1 },
    ],
  },
  {
    id: 'cus_lumen_analytics',
    name: 'Lumen Analytics',
    segment: 'pay-as-you-go',
    projects: [
      { id: 'lumen-pipeline', regions: US, weight: 5 },
      { id: 'lumen-dashboards', regions: US_EU, weight: 3 },
      { id: 'lumen-embeddings', regions: US, from: 5, weight: 4 },
      { id: 'lumen-trial', regions: ASIA, to: 11, weight: 1 },
    ],
  },
  {
    id: 'cus_brightside_labs',
    name: 'Brightside Labs',
    segment: 'pay-as-you-go',
    projects: [
      { id: 'brightside-assistant', regions: US, weight: 2 },
      { id: 'brightside-notebooks', regions: US, weight: 1 },
    ],
  },
  {
    id: 'cus_harbor_logistics',
    name: 'Harbor Logistics',
    segment: 'legacy',
    projects: [
      { id: 'harbor-routing', regions: US_EU, weight: 4 },
      { id: 'harbor-customs', regions: EU, weight: 2 },
      { id: 'harbor-yard', regions: ASIA, weight: 2 },
    ],
  },
  {
    id: 'cus_maple_clinics',
    name: 'Maple Clinics',
    segment: 'legacy',
    projects: [
      { id: 'maple-intake', regions: US, weight: 2 },
      { id: 'maple-transcripts', regions: US, weight: 3 },
    ],
  },
  {
    id: 'cus_orchard_retail',
    name: 'Orchard Retail',
    segment: 'legacy',
    projects: [
      { id: 'orchard-search', regions: US_EU, weight: 3 },
      { id: 'orchard-pricing', regions: EU, weight: 1 },
      { id: 'orchard-recommendations', regions: EVERYWHERE, weight: 3 },
    ],
  },
  {
    id: 'cus_atlas_travel',
    name: 'Atlas Travel',
    segment: 'legacy',
    projects: [
      { id: 'atlas-fares', regions: EVERYWHERE, weight: 3 },
      { id: 'atlas-support-bot', regions: ['asia-northeast1', 'europe-west1'], weight: 2 },
    ],
  },
  {
    id: 'cus_acme',
    name: 'Acme Manufacturing',
    segment: 'shadow',
    projects: [
      { id: 'acme-line-control', regions: US_EU, weight: 4 },
      { id: 'acme-quality', regions: EVERYWHERE, weight: 3 },
      { id: 'acme-supply', regions: US, weight: 2 },
      { id: 'acme-legacy-scada', regions: EU, to: 16, weight: 1 },
    ],
  },
];

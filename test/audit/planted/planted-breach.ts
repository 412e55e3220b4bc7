/** What someone with the rights of a superuser does to an issued month, and how it must be found. */
export interface PlantedBreach {
  readonly what: string;
  /** The check that must find it. */
  readonly sentence: string;
  /** The place that it must name. */
  readonly place: string | RegExp;
  readonly statements: readonly string[];
}

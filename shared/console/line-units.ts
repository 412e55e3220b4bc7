import type { Reader } from '../database/database.ts';
import { planVersionListDocuments } from '../database/queries.generated.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';

interface LineOfPlan {
  readonly plan_version: string;
  readonly line_key: string;
}

/** The units of the figures in lines, from the plan versions that rated them. */
export interface LineUnits {
  /** Of a parameter or a metric; undefined for a count of days and for what the plan does not know. */
  ofName(line: LineOfPlan, name: string): string | undefined;
  /** Of the line's quantity. */
  ofQuantity(line: LineOfPlan): string | undefined;
}

/** A plan version that cannot be read has no units: its figures are shown without. */
export async function readLineUnits(reader: Reader, lines: readonly LineOfPlan[]): Promise<LineUnits> {
  const versions = [...new Set(lines.map((line) => line.plan_version))];
  const rows = await reader.rows(planVersionListDocuments, { plan_versions: versions });
  const plans = new Map(
    rows.flatMap(({ plan_version, document }): [string, PlanDocument][] => {
      const reading = parsePlanDocument(JSON.parse(document));
      return reading.kind === 'parsed' ? [[plan_version, reading.plan]] : [];
    }),
  );
  const ofName = ({ plan_version }: LineOfPlan, name: string) => {
    const plan = plans.get(plan_version);
    const unit = plan?.parameters[name]?.unit ?? plan?.metrics[name]?.unit;
    return unit === '1' ? undefined : unit;
  };
  return {
    ofName,
    ofQuantity(line) {
      // A line for each project, or for a part of the period, has more behind its plan's key.
      const [key] = line.line_key.split(':');
      const metric = plans.get(line.plan_version)?.lines.find((one) => one.key === key)?.quantity;
      return metric === undefined ? undefined : ofName(line, metric);
    },
  };
}

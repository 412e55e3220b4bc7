/** What the check across the parts of a plan needs to see; the document and its schema both have this shape. */
interface PlanParts {
  readonly currency: string;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rates: Readonly<Record<string, unknown>>;
  readonly lines: readonly { readonly key: string; readonly quantity?: string | undefined }[];
}

export interface CrossProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function findSharedNames(plan: PlanParts): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const owners = new Map<string, string>();
  for (const group of ['metrics', 'parameters', 'rates'] as const) {
    for (const name of Object.keys(plan[group])) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, group);
      else
        problems.push({
          path: [group, name],
          message: `the name is already used in ${owner}; every name of a plan means one thing`,
        });
    }
  }
  return problems;
}

function findRepeatedKeys(plan: PlanParts): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const seen = new Set<string>();
  for (const [index, line] of plan.lines.entries()) {
    if (seen.has(line.key))
      problems.push({
        path: ['lines', index, 'key'],
        message: `another line already has the key "${line.key}"; give each line its own`,
      });
    seen.add(line.key);
  }
  return problems;
}

function findUnknownQuantities(plan: PlanParts): CrossProblem[] {
  return plan.lines.flatMap(({ quantity }, index) =>
    quantity === undefined || Object.hasOwn(plan.metrics, quantity)
      ? []
      : [
          {
            path: ['lines', index, 'quantity'],
            message: `"${quantity.slice(0, 60)}" is not a metric of this plan; name one of its metrics or leave it out`,
          },
        ],
  );
}

/** Problems between the parts of a plan that make it impossible to rate; the static check finds the others. */
export function findCrossProblems(plan: PlanParts): CrossProblem[] {
  return [...findSharedNames(plan), ...findRepeatedKeys(plan), ...findUnknownQuantities(plan)];
}

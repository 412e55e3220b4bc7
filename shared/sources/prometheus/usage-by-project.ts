import { Exact } from '../../exact/exact.ts';

/** Figures per project that are added up, or of which the highest is kept. */
export class UsageByProject {
  private readonly figures = new Map<string, Exact>();

  add(project: string, quantity: Exact): void {
    this.figures.set(project, (this.figures.get(project) ?? Exact.zero).add(quantity));
  }

  raise(project: string, quantity: Exact): void {
    this.figures.set(project, Exact.max(this.figures.get(project) ?? Exact.zero, quantity));
  }

  /** In the order of the project names. */
  entries(): (readonly [string, Exact])[] {
    return [...this.figures].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

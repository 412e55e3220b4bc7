import type { ReadingEvidence } from '../reading.ts';

type Facts = Record<string, string | number | readonly string[]>;

/** What a reading has asked and seen, kept as its evidence. Its size does not grow with the number of parts. */
export class EvidenceLog {
  private readonly facts: Facts = {};
  private readonly asked: { text: string; time: string; parts: number }[] = [];
  private readonly ofParts = new Map<string, { parts: number }>();
  private readonly infos = new Set<string>();

  evidence(): ReadingEvidence {
    const queries = this.asked.map(({ text, time, parts }) => ({
      text,
      parameters: parts === 0 ? { time } : { time, parts: String(parts) },
    }));
    const infos = this.infos.size === 0 ? {} : { infos: [...this.infos].sort() };
    return { queries, facts: { ...this.facts, ...infos } };
  }

  /** A query, as it was sent. */
  addQuery(text: string, time: string): void {
    this.asked.push({ text, time, parts: 0 });
  }

  /** A query that was sent for one part of the projects: kept once for all parts, as it reads without the part. */
  addPartQuery(text: string, time: string): void {
    const key = `${time} ${text}`;
    const there = this.ofParts.get(key);
    if (there !== undefined) {
      there.parts += 1;
      return;
    }
    const query = { text, time, parts: 1 };
    this.asked.push(query);
    this.ofParts.set(key, query);
  }

  addInfos(infos: readonly string[]): void {
    for (const info of infos) this.infos.add(info);
  }

  note(fact: string, value: number | readonly string[]): void {
    this.facts[fact] = value;
  }

  noteMore(fact: string, count: number): void {
    this.facts[fact] = Number(this.facts[fact] ?? 0) + count;
  }
}

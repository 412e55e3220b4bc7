/** The one style sheet: system fonts, light and dark by the reader's setting, one column on a narrow screen. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --page: #f5f6f8; --panel: #ffffff; --line: #dfe3e8; --text: #1b2430; --muted: #586475;
  --accent: #3157c9; --accent-soft: #e8edfb; --sunken: #f0f2f5;
  --good: #17703f; --good-soft: #e0f2e7; --busy: #2a52be; --busy-soft: #e5ebfa;
  --warning: #8a5300; --warning-soft: #fcefd8; --bad: #b3261e; --bad-soft: #fbe4e2;
  --cell-complete: #56b37f; --cell-waived: #b48ead; --cell-running: #7a9ee8; --cell-failed: #d9534f;
  --cell-missing: #efb556; --cell-future: #e6e9ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --panel: #171d25; --line: #2b333e; --text: #e4e8ee; --muted: #9ba6b5;
    --accent: #8aa9ff; --accent-soft: #1f2b4a; --sunken: #11161d;
    --good: #69cf97; --good-soft: #14301f; --busy: #93b1ff; --busy-soft: #1c2743;
    --warning: #f0b45c; --warning-soft: #37280f; --bad: #ff8a80; --bad-soft: #3c1a19;
    --cell-complete: #3fa06c; --cell-waived: #a98bb5; --cell-running: #6f94e0; --cell-failed: #e0655f;
    --cell-missing: #c98f2e; --cell-future: #232a34;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 var(--font); background: var(--page); color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem; }
p { margin: 0 0 .75rem; }
code { font: .86em/1.45 var(--mono); overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--panel); padding: .5rem 1rem; z-index: 9; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 2rem; padding: .6rem 1.5rem; background: var(--panel); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: .5rem; font-weight: 650; font-size: 1.05rem; color: inherit; text-decoration: none; }
.bar ul { display: flex; gap: .25rem; list-style: none; margin: 0; padding: 0; }
.bar nav { overflow-x: auto; max-width: 100%; scrollbar-width: none; }
.bar nav a { display: block; padding: .35rem .7rem; border-radius: 6px; color: var(--muted); text-decoration: none; white-space: nowrap; }
.bar nav a:hover { background: var(--sunken); color: var(--text); }
.bar nav a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
main { flex: 1; width: 100%; max-width: 1240px; margin: 0 auto; padding: 1.5rem; }
footer { display: flex; flex-wrap: wrap; gap: .25rem 2rem; justify-content: space-between; max-width: 1240px; width: 100%; margin: 0 auto; padding: 0 1.5rem 1.5rem; color: var(--muted); font-size: .85rem; }

.trail ol { display: flex; flex-wrap: wrap; list-style: none; margin: 0 0 .5rem; padding: 0; font-size: .87rem; }
.trail li + li::before { content: "/"; color: var(--muted); margin: 0 .5rem; }
.head { margin-bottom: 1.25rem; }
.head .line { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; margin-bottom: 1.25rem; min-width: 0; }
.panel > :last-child { margin-bottom: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 1.25rem; align-items: start; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin-bottom: 1.25rem; }
.figure { display: flex; flex-direction: column; padding: .8rem 1rem; background: var(--panel); border: 1px solid var(--line); border-left: 3px solid var(--line); border-radius: 10px; color: inherit; text-decoration: none; }
.figure:hover { border-color: var(--accent); }
.figure .label { font-size: .82rem; color: var(--muted); }
.figure .value { font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.figure .muted { font-size: .85rem; }
.figure.good { border-left-color: var(--good); } .figure.busy { border-left-color: var(--busy); }
.figure.warning { border-left-color: var(--warning); } .figure.bad { border-left-color: var(--bad); }

.badge { display: inline-block; padding: .05rem .5rem; border-radius: 999px; font-size: .8rem; font-weight: 600; white-space: nowrap; background: var(--sunken); color: var(--muted); }
.badge.good { background: var(--good-soft); color: var(--good); } .badge.busy { background: var(--busy-soft); color: var(--busy); }
.badge.warning { background: var(--warning-soft); color: var(--warning); } .badge.bad { background: var(--bad-soft); color: var(--bad); }

.steps { display: flex; flex-wrap: wrap; gap: .4rem 0; list-style: none; margin: 0; padding: 0; font-size: .85rem; }
.steps li { flex: 1 1 auto; padding: .35rem .4rem .1rem 0; border-top: 3px solid var(--line); color: var(--muted); min-width: 5.2rem; }
.steps .done { border-color: var(--good); color: var(--text); }
.steps .now { border-color: var(--accent); color: var(--accent); font-weight: 650; }
.steps .now.bad { border-color: var(--bad); color: var(--bad); }

.scroll { overflow-x: auto; margin: 0 -1.25rem; padding: 0 1.25rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: .8rem; font-weight: 600; color: var(--muted); white-space: nowrap; }
tbody th { font-weight: 500; min-width: 6rem; } .matrix tbody th { min-width: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
td.number + td, td.number + th, th.number + th, th.number + td { padding-left: .4rem; }
.sub { display: block; color: var(--muted); font-size: .85rem; }
.reason { display: block; min-width: 12rem; max-width: 34rem; overflow-wrap: anywhere; }
.scroll code { white-space: nowrap; } .scroll .query code { white-space: pre-wrap; }
.scroll code.wrap { display: block; min-width: 12rem; white-space: normal; overflow-wrap: break-word; }
.scroll .command { margin: 0; min-width: 22rem; } .scroll .command code { white-space: pre-wrap; } time { white-space: nowrap; }
.total > * { font-weight: 650; border-top: 2px solid var(--line); }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: .75rem 1.25rem; margin: 0 0 .75rem; }
.facts dt { font-size: .8rem; color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.command, .query { margin: .35rem 0 .75rem; padding: .5rem .75rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
.command code { white-space: pre-wrap; user-select: all; } .query code { white-space: pre-wrap; }
.formula { font: .95rem/1.5 var(--mono); background: var(--sunken); border-radius: 6px; padding: .6rem .75rem; overflow-wrap: anywhere; }
details { margin: .5rem 0; } td details { margin: 0; min-width: 8rem; } summary { cursor: pointer; color: var(--accent); }
.tasks { list-style: none; margin: 0; padding: 0; }
.tasks li { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: .25rem 1.25rem; align-items: center; padding: .5rem 0 .5rem .9rem; border-left: 3px solid var(--line); margin-bottom: .6rem; }
.tasks li:last-child { margin-bottom: 0; }
.tasks li.bad { border-color: var(--bad); } .tasks li.warning { border-color: var(--warning); }
.tasks strong { display: block; } .tasks .command { margin: 0; }
.tasks p { margin: 0; overflow-wrap: anywhere; font-size: .92rem; }

.chart { overflow-x: auto; } .chart svg { display: block; width: 100%; min-width: 34rem; height: auto; }
.chart text { font: 11px/1 var(--font); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; margin: .75rem 0 0; padding: 0; font-size: .87rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.cell { display: inline-flex; align-items: center; justify-content: center; width: 1.35rem; height: 1.35rem; border-radius: 4px; font-size: .8rem; font-weight: 700; color: #10151c; text-decoration: none; background: var(--cell-missing); }
.cell.complete { background: var(--cell-complete); } .cell.waived { background: var(--cell-waived); }
.cell.running { background: var(--cell-running); } .cell.failed { background: var(--cell-failed); }
.cell.future { background: var(--cell-future); color: transparent; }
.matrix th, .matrix td { padding: 2px; border: 0; text-align: center; }
.matrix tbody th { text-align: left; padding-right: .75rem; white-space: nowrap; position: sticky; left: 0; background: var(--panel); z-index: 1; }
.matrix thead th { font-variant-numeric: tabular-nums; }
.matrix .group th { padding-top: .9rem; font-weight: 650; }
.sum { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; justify-content: flex-end; margin: .9rem 0 0; padding-top: .75rem; border-top: 2px solid var(--line); }
.sum strong { font-size: 1.15rem; font-variant-numeric: tabular-nums; } .sum .muted { flex-basis: 100%; text-align: right; font-size: .85rem; }
.plot { margin: 0 0 1rem; min-width: 0; } .plot figcaption { margin-bottom: .35rem; }
abbr { text-decoration: none; }
.pages { display: flex; gap: 1rem; margin: 0 0 1.25rem; }
.legend + p, .scroll + p { margin-top: .9rem; }
.panel > p.muted::first-letter { text-transform: uppercase; }
.empty { text-align: center; padding: 4rem 1rem; }
@media (max-width: 640px) {
  main { padding: 1rem .85rem; } .bar { padding: .5rem .85rem; gap: .25rem 1rem; } footer { padding: 0 .85rem 1rem; }
  .detail { display: none; } .panel { padding: .9rem; } .scroll { margin: 0 -.9rem; padding: 0 .9rem; }
  .figures { grid-template-columns: repeat(2, 1fr); } .figure { padding: .65rem .75rem; }
  .figure .value { font-size: 1.2rem; } .steps { display: grid; grid-template-columns: repeat(3, 1fr); }
  .bar ul { flex-wrap: wrap; } .bar nav a { padding: .25rem .5rem; } .steps li { min-width: 0; } .tasks li { grid-template-columns: minmax(0, 1fr); }
}

.links { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; margin: 0 0 1.25rem; padding: 0; }
.report .chart { margin-top: 1rem; } .report .head { margin-top: 1rem; }
.signatures { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; margin: 3rem 0 1.25rem; }
.signatures div { border-top: 1px solid var(--text); padding-top: .25rem; color: var(--muted); font-size: .85rem; }
@page { size: A4; margin: 15mm 14mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9px sans-serif; } }
@media print {
  :root { --page: #fff; --panel: #fff; --line: #c8cdd4; --text: #111820; --muted: #444e5b; --accent: #3157c9; --accent-soft: #fff; --sunken: #fff;
    --good: #17703f; --good-soft: #fff; --busy: #2a52be; --busy-soft: #fff; --warning: #8a5300; --warning-soft: #fff; --bad: #b3261e; --bad-soft: #fff; }
  html { font-size: 10.5px; background: #fff; }
  .bar, .skip, .screen, .trail { display: none; }
  main { max-width: none; padding: 0; } footer { max-width: none; padding: 0; }
  .panel { border: 0; border-top: 1px solid var(--text); border-radius: 0; padding: .8rem 0 0; margin-bottom: 1.4rem; }
  .badge { border: 1px solid currentColor; }
  .scroll { overflow: visible; margin: 0; padding: 0; } .scroll code { white-space: normal; } .chart { overflow: visible; } .chart svg { min-width: 0; }
  .report > .panel:last-child { break-inside: avoid; } h2, .head, thead { break-after: avoid; } thead { display: table-header-group; } tr, .facts div, .signatures, .chart { break-inside: avoid; }
}
`;

/** The mark: a day's page with its columns. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="2" y="2" width="20" height="20" rx="5" fill="#3157c9"/><path d="M7 16v-4M12 16V7M17 16v-6" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>`;

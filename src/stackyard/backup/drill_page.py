"""The report of a drill as one HTML page that stands alone: no script, nothing loaded, readable on paper too."""

from __future__ import annotations

from html import escape

from stackyard.backup.drill_report import DrillReport, Loss, Step, headline, lost, sign, span

_STYLE = """
:root { --page: #f6f5f1; --card: #fff; --ink: #1d2420; --soft: #5c665f; --line: #dfded6; --good: #1f7a4d;
  --good-tint: #e2f1e8; --bad: #b3261e; --bad-tint: #fbe6e4; --away: #78807b; --away-tint: #eceae4; --bar: #9db8a8; }
@media (prefers-color-scheme: dark) { :root { --page: #141815; --card: #1c211e; --ink: #e8ebe8; --soft: #a2aca5;
  --line: #313833; --good: #6cc797; --good-tint: #1c3a2a; --bad: #ff9289; --bad-tint: #45211e; --away: #98a19b;
  --away-tint: #2a302c; --bar: #43604f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.2; letter-spacing: -.02em; margin: .4rem 0 1.6rem;
  text-wrap: balance; }
h2 { font-size: 1.1rem; margin: 0; padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); }
.over, .soft { color: var(--soft); } .over { font-weight: 600; margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin: 0 0 1.5rem; }
.figure, section { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; }
.figure { padding: 1rem 1.25rem; border-top: 4px solid var(--is); }
.figure b { display: block; font-size: clamp(1.1rem, 2.1vw, 1.4rem); line-height: 1.3;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
section { margin: 0 0 1.5rem; overflow-x: auto; }
.good { --is: var(--good); --tint: var(--good-tint); } .bad { --is: var(--bad); --tint: var(--bad-tint); }
.away { --is: var(--away); --tint: var(--away-tint); }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
td, th { text-align: left; padding: .55rem 1.25rem .55rem 0; border-bottom: 1px solid var(--line);
  vertical-align: baseline; }
td:first-child, th:first-child { padding-left: 1.25rem; } tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; } .number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.mark { display: inline-grid; place-items: center; width: 1.5rem; height: 1.5rem; border-radius: 50%;
  background: var(--tint); color: var(--is); font-weight: 700; font-size: .85rem; }
.fault { color: var(--bad); font-weight: 600; } .bar { display: block; height: .3rem; border-radius: .15rem;
  background: var(--bar); margin-top: .3rem; min-width: 2px; }
pre { margin: .3rem 0 0; font: .8rem/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; color: var(--soft); }
footer { color: var(--soft); font-size: .85rem; }
@media print { :root { --page: #fff; --card: #fff; } main { padding: 0; max-width: none; }
  .figure, section { break-inside: avoid; } }
"""


def to_html(report: DrillReport) -> str:
    """The whole page."""
    title = f"Drill of {escape(report.system)} · {escape(report.environment)}"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<p class="over">{title}</p>
<h1>{escape(headline(report))}</h1>
<div class="figures">{_figures(report)}</div>
{_findings(report)}
<section><h2>What was done</h2>
<table><thead><tr><th></th><th>Step</th><th>Evidence</th><th class="number">Took</th></tr></thead>
<tbody>{"".join(_step(report, one) for one in report.steps)}</tbody></table></section>
{_losses(report)}
<footer><p>{_facts(report)}</p><p>Time to recover counts fetching, replaying, starting and checking for readiness; what
was done only to prove something does not count.</p></footer>
</main>
</body>
</html>
"""


def _figures(report: DrillReport) -> str:
    rpo = "unknown" if report.rpo is None else span(report.rpo)
    shown = (
        ("Time to recover", span(report.rto), f"{span(report.rto_promised)} promised", report.is_in_time),
        ("Changes lost at most", rpo, f"{span(report.rpo_promised)} promised", report.is_current),
        ("Set", report.backup, f"moment {report.backup_moment}", not report.findings),
    )
    return "".join(
        f'<div class="figure {"good" if is_good else "bad"}"><span class="soft">{label}</span>'
        f'<b>{escape(value)}</b><span class="soft">{escape(note)}</span></div>'
        for label, value, note, is_good in shown
    )


def _findings(report: DrillReport) -> str:
    if not report.findings:
        return ""
    rows = "".join(
        f'<tr><td>{escape(one.piece)}</td><td class="fault">{escape(one.what)}</td></tr>' for one in report.findings
    )
    return f"<section><h2>What was wrong</h2><table><tbody>{rows}</tbody></table></section>"


def _step(report: DrillReport, step: Step) -> str:
    kind = "bad" if step.findings else "good" if step.is_run else "away"
    longest = max((one.seconds for one in report.steps), default=0.0) or 1.0
    first, _, rest = step.evidence.partition("\n")
    more = f"<pre>{escape(rest)}</pre>" if rest else ""
    faults = "".join(f'<div class="fault">{escape(one.what)}</div>' for one in step.findings)
    took = f"{span(step.seconds)}" if step.is_run else "not run"
    bar = f'<span class="bar" style="width: {max(step.seconds / longest, 0.01):.0%}"></span>' if step.counts else ""
    return (
        f'<tr class="{kind}"><td><span class="mark">{sign(step)}</span></td><td>{escape(step.name)}{bar}</td>'
        f'<td>{faults}<span class="soft">{escape(first)}</span>{more}</td><td class="number">{took}</td></tr>'
    )


def _losses(report: DrillReport) -> str:
    if not report.losses:
        return ""
    return (
        "<section><h2>What a disaster at the beginning of this drill would have cost</h2><table><thead><tr><th>Disaster"
        '</th><th>Part</th><th>How this is known</th><th class="number">Lost</th></tr></thead><tbody>'
        f"{''.join(_loss(one) for one in report.losses)}</tbody></table></section>"
    )


def _loss(one: Loss) -> str:
    return (
        f'<tr><td>{escape(one.disaster)}</td><td>{escape(one.part)}</td><td class="soft">{escape(one.evidence)}</td>'
        f'<td class="number">{lost(one)}</td></tr>'
    )


def _facts(report: DrillReport) -> str:
    facts = {"begun": report.begun, "ended": report.ended, **report.facts}
    return " · ".join(f"{escape(name)} {escape(value)}" for name, value in facts.items())

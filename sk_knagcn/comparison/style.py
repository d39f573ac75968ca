"""How the page of a comparison looks, in light and in dark."""

STYLE = """
:root { --ink: #1c2733; --soft: #5d6b7a; --line: #dde3ea; --page: #fff;
  --good: #00704f; --bad: #b3400a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ef; --soft: #9aa8b7; --line: #333d48; --page: #14191f;
    --good: #46c79c; --bad: #ff9a62; }
  img { filter: invert(0.92) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem;
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
ul { padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.55rem 0.35rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { color: var(--soft); font-weight: 500; }
thead ~ tbody td, thead ~ tbody th { white-space: nowrap; }
small, .note { color: var(--soft); font-size: 0.85rem; }
.best, .better { color: var(--good); font-weight: 600; }
.worse { color: var(--bad); }
img { display: block; max-width: 100%; height: auto; margin: 1rem 0; }
svg { display: block; width: 100%; max-width: 30rem; height: 6rem; margin: 1rem 0;
  fill: var(--soft); }
details { border-bottom: 1px solid var(--line); padding: 0.35rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
pre, code { font: 0.85rem/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""

/** Colours and type. Health is told by shape first; colour only supports it. */
export const themeStyle = String.raw`
:root {
  color-scheme: light dark;
  --paper: #f7f7f4;
  --surface: #ffffff;
  --sunken: #efefea;
  --line: #dfdfd8;
  --line-strong: #c4c5bc;
  --ink: #1c2321;
  --ink-2: #56605c;
  --ink-3: #626b67;
  --accent: #1f6a57;
  --accent-soft: #e3efea;
  --ok: #23805c;
  --warn: #a35f00;
  --bad: #bb2d1f;
  --idle: #757e7a;
  --warn-soft: #fbf0dc;
  --bad-soft: #fbe7e3;
  --ok-soft: #e3f1ea;
  --shadow: 0 1px 2px rgb(28 35 33 / 5%);
  --sans: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Inter', 'Roboto', 'Noto Sans', 'DejaVu Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', 'JetBrains Mono', 'Roboto Mono', 'DejaVu Sans Mono', 'Liberation Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121615;
    --surface: #1a1f1e;
    --sunken: #222927;
    --line: #2d3533;
    --line-strong: #46504d;
    --ink: #e7ebe8;
    --ink-2: #a9b3af;
    --ink-3: #8a9591;
    --accent: #6cc5a8;
    --accent-soft: #1d332c;
    --ok: #5dc396;
    --warn: #e3a84c;
    --bad: #f08474;
    --idle: #8d9793;
    --warn-soft: #33291a;
    --bad-soft: #38211d;
    --ok-soft: #1b3028;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 400 15px/1.5 var(--sans);
  font-variant-numeric: tabular-nums;
  -webkit-font-smoothing: antialiased;
}
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; padding: 0; }
h1 { font-size: clamp(25px, 2.6vw, 34px); line-height: 1.18; font-weight: 620; letter-spacing: -0.022em; text-wrap: balance; }
h2 { font-size: 16px; line-height: 1.3; font-weight: 620; letter-spacing: -0.008em; }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
code, .mono { font-family: var(--mono); font-size: 0.88em; }
button { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.ok { color: var(--ok); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
.idle { color: var(--idle); }
h1 .glyph { width: 0.62em; height: 0.62em; margin-right: 0.42em; }
.glyph { width: 12px; height: 12px; flex: none; }
`;

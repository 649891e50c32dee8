/** Every code with its meaning, as one page that the daemon serves beside its status page. */
import { allRules } from '../../daemon/doctor/all-rules';
import { catalogues } from './errors';

export function codesPage(): string {
  const areas = Object.entries(catalogues).map(([area, specs]) =>
    section(
      area,
      Object.entries(specs).map(([code, { message, remedy, severity = 'error' }]) =>
        entry(code, severity, message, remedy),
      ),
    ),
  );
  const rules = allRules.map(({ code, severity, title, why, fix }) =>
    entry(code, severity, `${title}. ${why}`, fix),
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Codes · kong-meshd</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/assets/theme.css" />
    <link rel="stylesheet" href="/assets/codes.css" />
  </head>
  <body>
    <main class="codes">
      <p><a href="/">Status</a></p>
      <h1>Codes of findings</h1>
      <p>Words in braces are filled in.</p>
${[...areas, section('What the doctor finds', rules)].join('\n')}
    </main>
  </body>
</html>
`;
}

function section(title: string, entries: readonly string[]): string {
  const sorted = [...entries].sort();
  return `      <h2>${escapeHtml(title)}</h2>\n      <dl>\n${sorted.join('\n')}\n      </dl>`;
}

function entry(code: string, severity: string, message: string, remedy: string): string {
  const head = `        <dt id="${code}"><a href="#${code}">${code}</a> <i>${severity}</i></dt>`;
  return `${head}\n        <dd>${prose(message)}<br /><b>Fix</b> ${prose(remedy)}</dd>`;
}

/** Commands and names stand in backticks. */
function prose(text: string): string {
  return escapeHtml(text)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${part}</code>` : part))
    .join('');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

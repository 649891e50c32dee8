/** The skeleton of the page: it stands before the first data arrive. */

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 4h4c3 0 3 8 6 8h2M2 12h4c1 0 1.7-.9 2.2-2' fill='none' stroke='%232f6f5e' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

export function markup({ style, script }: { readonly style: string; readonly script: string }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>kong-meshd</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<header class="top">
  <p class="brand"><svg viewBox="0 0 20 16" aria-hidden="true"><path d="M1 3h5c5 0 4 10 9 10h4M1 13h5c1.6 0 2.6-1 3.3-2.3M11.3 5.3C12 4 13.2 3 15 3h4"/></svg>kong-meshd</p>
  <p class="where" id="where"></p>
  <p class="pulse" id="pulse" role="status">connecting</p>
</header>
<main>
  <section class="verdict" aria-labelledby="verdict">
    <h1 id="verdict" aria-live="polite">Looking…</h1>
    <p id="verdict-more"></p>
  </section>
  <dl class="facts" id="facts"></dl>
  <div class="columns">
    <section class="ways" aria-labelledby="ways-title">
      <div class="bar">
        <h2 id="ways-title">Where requests go</h2>
        <label class="search"><span class="unseen">Search routes, services and addresses</span><svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 4 4"/></svg><input id="search" type="search" placeholder="Search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"><kbd aria-hidden="true">/</kbd></label>
      </div>
      <div class="share" id="share" aria-hidden="true"></div>
      <div class="filters" id="filters" role="group" aria-label="Show only"></div>
      <div class="picture" id="picture"></div>
      <nav class="pager" id="pager" aria-label="Pages of the picture" hidden></nav>
      <p class="unseen" id="shown" role="status"></p>
    </section>
    <div class="rail">
      <section class="card detail" id="detail" aria-label="Selected way" hidden></section>
      <section class="card" aria-labelledby="findings-title">
        <h2 id="findings-title">Findings</h2>
        <div id="findings"></div>
      </section>
      <section class="card" aria-labelledby="passes-title">
        <h2 id="passes-title">Last passes</h2>
        <div id="passes"></div>
      </section>
    </div>
  </div>
  <noscript><p class="empty">This page draws itself with JavaScript. The same is at <a href="/status.json">/status.json</a>.</p></noscript>
</main>
<footer>
  <p id="build"></p>
  <p><a href="/status.json">status.json</a> <a href="/metrics">metrics</a> <a href="/readyz">readyz</a></p>
</footer>
<script>${script}</script>
</body>
</html>
`;
}

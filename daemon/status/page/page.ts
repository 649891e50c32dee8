/** The page as one document: no build step, no request to anywhere else. */
import { createHash } from 'node:crypto';

import { markup } from './markup';
import { detailScript } from './script/detail';
import { domScript } from './script/dom';
import { liveScript } from './script/live';
import { panelsScript } from './script/panels';
import { pictureScript } from './script/picture';
import { rowsScript } from './script/rows';
import { summaryScript } from './script/summary';
import { layoutStyle } from './style/layout';
import { pictureStyle } from './style/picture';
import { themeStyle } from './style/theme';

export interface Page {
  readonly html: string;
  /** For `content-security-policy`: this script, this style, and its own server; nothing else. */
  readonly policy: string;
}

/** All of it is fixed text: what the daemon knows comes later, as JSON, and is only ever set as text. */
export function renderPage(): Page {
  const style = [themeStyle, layoutStyle, pictureStyle].join('\n');
  const parts = [
    domScript,
    rowsScript,
    pictureScript,
    detailScript,
    summaryScript,
    panelsScript,
    liveScript,
  ];
  const script = `'use strict';\n(() => {\n${parts.join('\n')}\n})();\n`;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  return { html: markup({ style, script }), policy };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** Times and durations, as text that means the same everywhere. */
import { h } from './dom.js';

/** The browser's clock may be off: times are told by the server's. */
let skewMs = 0;
/** @param {number} serverNowMs */
export function setServerTime(serverNowMs) {
  skewMs = Date.now() - serverNowMs;
}

export function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - skewMs - ms) / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 60) return seconds + ' s ago';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min ago';
  if (seconds < 172800) return Math.floor(seconds / 3600) + ' h ago';
  return Math.floor(seconds / 86400) + ' days ago';
}

/** `2026-12-01 14:05:09 +01:00`: the order of ISO 8601, in the reader's own time zone. */
export function stamp(ms) {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60000).toISOString().slice(0, 19).replace('T', ' ');
  if (offset === 0) return local + ' UTC';
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  return local + ' ' + (offset < 0 ? '-' : '+') + two(offset / 60) + ':' + two(offset % 60);
}

/** An age that keeps itself right. */
export function since(ms, before = '') {
  const attributes = { 'data-ms': ms, 'data-before': before, title: stamp(ms) };
  return h('time', { ...attributes, datetime: new Date(ms).toISOString() }, before + ago(ms));
}

export function tick() {
  for (const time of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('time[data-ms]')
  )) {
    const text = time.dataset.before + ago(Number(time.dataset.ms));
    if (time.textContent !== text) time.textContent = text;
  }
}

export function span(ms) {
  if (ms < 1) return 'under 1 ms';
  return ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + ' s';
}

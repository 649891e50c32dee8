import { STATUS_CODES } from 'node:http';
import { integer, text } from '../entities';
import type { LuaPlugin } from './lua-plugin';

/** Answers every request itself. */
export const requestTermination: LuaPlugin = {
  priority: 2,
  access(context, { config }) {
    const trigger = text(config['trigger']);
    if (trigger !== undefined && context.headers.get(trigger) === undefined) return;
    const status = integer(config['status_code']) ?? 503;
    const body = text(config['body']);
    if (body !== undefined) {
      const type = text(config['content_type']) ?? 'application/json; charset=utf-8';
      context.exit = { status, headers: { 'Content-Type': type }, body: Buffer.from(body) };
      return;
    }
    const message = text(config['message']) ?? STATUS_CODES[status] ?? '';
    context.exit = {
      status,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: Buffer.from(JSON.stringify({ message })),
    };
  },
};

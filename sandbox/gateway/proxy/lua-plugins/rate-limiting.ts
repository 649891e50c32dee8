import { integer } from '../entities';
import type { LuaPlugin } from './lua-plugin';

const windows = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
] as const;

interface Usage {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** Counts per plugin and consumer (else client address) in fixed windows; over a limit the answer is 429. */
export function rateLimiting(now: () => number = Date.now): LuaPlugin {
  const counters = new Map<string, { window: number; count: number }>();
  return {
    priority: 910,
    access(context, plugin) {
      const subject = context.consumer?.id ?? context.clientIp;
      const seconds = Math.floor(now() / 1000);
      const usages: Usage[] = [];
      for (const [name, size] of windows) {
        const limit = integer(plugin.config[name]);
        if (limit === undefined) continue;
        const key = `${plugin.id}|${subject}|${name}`;
        const window = Math.floor(seconds / size);
        const counter = counters.get(key);
        const count = counter?.window === window ? counter.count : 0;
        if (count < limit) counters.set(key, { window, count: count + 1 });
        const remaining = limit - count - 1;
        usages.push({ name, limit, remaining, resetSeconds: size - (seconds % size) });
      }
      const [tightest] = usages.toSorted((a, b) => a.remaining - b.remaining);
      if (!tightest) return;
      const headers = usageHeaders(usages, tightest);
      if (tightest.remaining < 0) {
        const after = { 'Retry-After': String(tightest.resetSeconds) };
        context.fail(429, 'API rate limit exceeded', { ...headers, ...after });
        return;
      }
      for (const [name, value] of Object.entries(headers)) context.responseHeaders.set(name, value);
    },
  };
}

function usageHeaders(usages: readonly Usage[], tightest: Usage): Record<string, string> {
  const headers: Record<string, string> = {
    'RateLimit-Limit': String(tightest.limit),
    'RateLimit-Remaining': String(Math.max(tightest.remaining, 0)),
    'RateLimit-Reset': String(tightest.resetSeconds),
  };
  for (const { name, limit, remaining } of usages) {
    const period = name.charAt(0).toUpperCase() + name.slice(1);
    headers[`X-RateLimit-Limit-${period}`] = String(limit);
    headers[`X-RateLimit-Remaining-${period}`] = String(Math.max(remaining, 0));
  }
  return headers;
}

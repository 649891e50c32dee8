import * as z from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** A time span as users write it, `500ms`, `1s`, `10m`, `1h`; milliseconds inside the program. */
export const Duration = z
  .string()
  .regex(pattern, 'must be a time span such as 500ms, 1s, 10m or 1h')
  .transform((text) => parseDuration(text) ?? 0);

/** Milliseconds, or undefined where the text is no time span. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

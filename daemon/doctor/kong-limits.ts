import type { Entity } from '../kong/model';

/** Times in milliseconds. */
export interface KongLimits {
  readonly connectMs: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly retries: number;
  /** Somebody set the read timeout: it is what they want to wait, and not just Kong's default. */
  readonly readIsSet: boolean;
}

/** What is in force for a Kong service: its fields, or Kong's defaults. */
export function kongLimits({ fields }: Pick<Entity, 'fields'>): KongLimits {
  const number = (field: string, fallback: number): number => {
    const value = fields[field];
    return typeof value === 'number' ? value : fallback;
  };
  return {
    connectMs: number('connect_timeout', 60_000),
    readMs: number('read_timeout', 60_000),
    writeMs: number('write_timeout', 60_000),
    retries: number('retries', 5),
    readIsSet: typeof fields['read_timeout'] === 'number',
  };
}

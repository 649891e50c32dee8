import type { ExtraPluginSchema } from '../entities/plugin-catalogue';

export interface AdminOptions {
  /** `dbless`: one document at a time through `POST /config`. `db`: entity by entity. */
  readonly mode: 'dbless' | 'db';
  /** On loopback. Default: a free one. */
  readonly port?: number;
  /** The status listener (`/status/ready`), which Kong has apart. Default: none; 0 for a free port. */
  readonly statusPort?: number;
  /** Plugins of plugin servers. */
  readonly extraPluginSchemas?: readonly ExtraPluginSchema[];
  /** Loaded at the start in `dbless` mode; a bad one fails the start, as with Kong. */
  readonly declarativeConfigFile?: string;
  /** The clock behind `created_at` and `updated_at`, in milliseconds. Default: the real one. */
  readonly now?: () => number;
  /** Where Kong would make something up. Default: random. */
  readonly random?: Partial<Randomness>;
}

/** What Kong makes up. */
export interface Randomness {
  /** A UUID, for an entity that brings no id. */
  id(): string;
  /** 32 characters, for a credential that brings no key. */
  secret(): string;
}

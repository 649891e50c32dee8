/**
 * Kong's side of a plugin server's socket, as lean as a measurement needs it: one request in flight per
 * connection, instances cached per worker and config, "no plugin instance" and a closed connection
 * answered by starting over. It shares no code with the servers it measures.
 */
export interface PluginConfig {
  /** Default `mesh-upstream`. */
  readonly name?: string;
  readonly key: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What the plugin did to one request. */
export interface Outcome {
  target?: { readonly host: string; readonly port: number };
  host?: string;
  exit?: number;
  /** Why there was no answer to the event. */
  failed?: string;
  calls: number;
  /** Waits for the server: reads before which it had not yet written. */
  roundTrips: number;
}

export interface KongWorker {
  /** The access phase of one request, through to its end. */
  access(plugin: PluginConfig): Promise<Outcome>;
  close(): void;
}

/** Runs an event, starting over as Kong does. */
export async function repeatWhileLost(
  attempt: (outcome: Outcome) => Promise<void>,
  reset: () => void,
): Promise<Outcome> {
  const outcome: Outcome = { calls: 0, roundTrips: 0 };
  for (let attempts = 0; attempts < 5; attempts += 1) {
    try {
      await attempt(outcome);
      return outcome;
    } catch (error) {
      const cause = String(error);
      if (!/no plugin instance|closed/i.test(cause)) {
        outcome.failed = cause;
        return outcome;
      }
      reset();
    }
  }
  outcome.failed = 'too many attempts';
  return outcome;
}

/** @returns whether the request ends here. */
export function apply(outcome: Outcome, method: string, args: readonly unknown[]): boolean {
  outcome.calls += 1;
  if (method === 'kong.service.set_target') {
    outcome.target = { host: String(args[0]), port: Number(args[1]) };
  } else if (method === 'kong.service.request.set_header') {
    outcome.host = String(args[1]);
  } else if (method === 'kong.response.exit') {
    outcome.exit = Number(args[0]);
    return true;
  }
  return false;
}

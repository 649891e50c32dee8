/** A plugin that makes as many PDK calls a request as its config says, and does nothing else. */
interface Kong {
  readonly service: {
    setTarget(host: string, port: number): Promise<unknown>;
    readonly request: { setHeader(name: string, value: string): Promise<unknown> };
  };
}

export const Name = 'pdk-calls';
export const Version = '1.0.0';
export const Priority = 15;
export const Schema = [{ calls: { type: 'integer', default: 0 } }];

export class Plugin {
  readonly #calls: number;

  constructor(config: { readonly calls?: number }) {
    this.#calls = config.calls ?? 0;
  }

  async access(kong: Kong): Promise<void> {
    if (this.#calls > 0) await kong.service.setTarget('127.0.0.1', 31_000);
    for (let call = 1; call < this.#calls; call += 1) {
      await kong.service.request.setHeader('Host', 'orders.mesh');
    }
  }
}

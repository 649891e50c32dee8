/** A supervisor's side of socket activation: a unix socket that is bound and that others listen on. */
import { rmSync } from 'node:fs';

export interface BoundSocket {
  /** To be handed to one process after the other. */
  readonly fd: number;
  close(): void;
}

/** What node:net offers listens and accepts at once; whoever is handed the socket must do that. */
interface PipeHandle {
  readonly fd: number;
  bind(path: string): number;
  close(): void;
}
interface PipeBinding {
  readonly Pipe: new (type: number) => PipeHandle;
  readonly constants: { readonly SERVER: number };
}

/** @throws Error where the path cannot be bound. */
export function bindSocket(path: string): BoundSocket {
  const binding = process as unknown as { binding(name: 'pipe_wrap'): PipeBinding };
  const { Pipe, constants } = binding.binding('pipe_wrap');
  const handle = new Pipe(constants.SERVER);
  const status = handle.bind(path);
  if (status !== 0) throw new Error(`cannot bind ${path}: ${String(status)}`);
  return {
    fd: handle.fd,
    close() {
      handle.close();
      rmSync(path, { force: true });
    },
  };
}

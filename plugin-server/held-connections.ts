/**
 * Connections that outlive a server that dies. The kernel resets a connection whose last owner goes while
 * there are bytes that nobody has read, and Kong answers a reset with 500; where a connection was closed it
 * asks again by itself (pb_rpc.lua). So the parent that holds the socket has a second descriptor of each
 * connection, and ends it in order when its server is gone.
 */
import type { ChildProcess, SendHandle } from 'node:child_process';
import { Socket } from 'node:net';

/** What Node hands to another process as it is, without reading from it; missing in Node's types. */
interface Handle {
  close(): void;
}

type Notice = { readonly opened: number } | { readonly closed: number };

/** In which Kong reads that a connection is closed, and closes its own side. */
const endMs = 5_000;

let connections = 0;

/** For the server: lets the parent share the connection for as long as it is open here. */
export function shareWithParent(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { readonly _handle?: Handle | null };
  if (!handle) return;
  const id = (connections += 1);
  tell({ opened: id }, handle);
  socket.once('close', () => {
    tell({ closed: id });
  });
}

/** A connection that is closed before it was sent, or a parent that is gone, is no error. */
function tell(notice: Notice, handle?: Handle): void {
  if (process.connected)
    process.send?.(notice, handle as SendHandle | undefined, {}, () => undefined);
}

/** For the parent: holds what its server shares, and ends what is left when the server has died. */
export function holdConnectionsOf(server: ChildProcess): void {
  const held = new Map<number, Handle>();
  server.on('message', (message, handle) => {
    const notice = message as Notice;
    if ('opened' in notice) {
      if (handle) held.set(notice.opened, handle as unknown as Handle);
      return;
    }
    held.get(notice.closed)?.close();
    held.delete(notice.closed);
  });
  // Comes after all messages, also those of a server that was killed.
  server.once('disconnect', () => {
    for (const handle of held.values()) endInOrder(handle);
    held.clear();
  });
}

/** Reads what still comes, so that nothing unread is left when it closes. */
function endInOrder(handle: Handle): void {
  const socket = new Socket({ handle, allowHalfOpen: true } as object);
  socket.setTimeout(endMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.resume().end();
}

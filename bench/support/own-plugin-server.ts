/** The own plugin server as a process that a measurement can ask for its heap. Run with --expose-gc for that. */
import { runPluginServer } from '../../plugin-server/main';

const [socket] = process.argv.slice(2);
process.on('message', () => {
  // Twice: what finalisers let go of is found by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
// The channel alone must not keep the process: it ends when it is told to.
process.channel?.unref();
void runPluginServer(
  socket === undefined
    ? {}
    : // With metrics, as they cost memory: the figures are those of a server that has them.
      { socket, logLevel: 'error', metrics: { path: `${socket}.metrics` } },
);

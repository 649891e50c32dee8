/** Runs the user's command, without a shell. */
import { spawn } from 'node:child_process';

import { dataplaneErrors } from './errors';

const limitMs = 30_000;

/**
 * What the command inherits: enough to find programs, the user's own settings and systemd. Everything
 * else stays here, as the environment of the daemon may hold tokens and the values of templates.
 */
const passedOn =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS)$/;

export function commandEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passedOn.test(name)));
}

/**
 * What it prints goes nowhere: it may hold what its environment holds, and a pipe would keep it from
 * leaving a process behind.
 * @throws MeshdError DATAPLANE_COMMAND_FAILED where it cannot be started, ends with anything but 0, or
 * is not done after 30 s; an AbortError where the signal ended it.
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const failed = (cause: string): Error =>
    dataplaneErrors.error('DATAPLANE_COMMAND_FAILED', { cause, program });
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'ignore',
      signal,
      windowsHide: true,
      env: commandEnvironment(process.env),
    });
    const timer = setTimeout(() => {
      reject(failed(`it was not done after ${limitMs / 1000} s`));
      child.kill('SIGKILL');
    }, limitMs);
    // More than once: a kill that is not permitted is an error, too, and so is the abort after it.
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.name === 'AbortError' ? error : failed(error.code ?? 'unknown'));
    });
    child.once('exit', (code, ended) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(failed(`it ended with ${code ?? ended ?? 'an unknown state'}`));
    });
  });
}

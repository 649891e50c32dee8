/** A run in a world of its own, which ends however the run ends. */

interface World {
  /** What its programs said. */
  log(): string;
  stop(): Promise<void>;
}

/** Where the run fails, the last words of the programs are shown. */
export async function inWorld<W extends World, T>(
  world: W,
  play: (world: W) => Promise<T>,
): Promise<T> {
  try {
    return await play(world);
  } catch (error) {
    process.stderr.write(`${world.log().slice(-4_000)}\n`);
    throw error;
  } finally {
    await world.stop();
  }
}

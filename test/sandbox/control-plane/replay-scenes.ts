/** Recorded exchanges against the stand-in, scene by scene. */
import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlaneOptions } from '../../../sandbox/control-plane/options';
import { exchange, exchangeNames, normalised, replay } from './exchange';

/** A state the recorded control plane was in, and what was asked of it then, in order. */
export interface Scene {
  readonly name: string;
  readonly options?: ControlPlaneOptions;
  /** Brings the control plane there, from the scenes of `after`. */
  readonly prepare: (controlPlane: ControlPlane) => void | Promise<void>;
  readonly exchanges: readonly string[];
}

export interface Recordings {
  readonly folder: string;
  readonly scenes: readonly Scene[];
  /** Recorded, and not served by the stand-in. */
  readonly outOfScope: Readonly<Record<string, string>>;
  /** Where a part of a body is not the control plane's to say, it is taken out on both sides. */
  readonly without: Readonly<Record<string, (body: any) => unknown>>;
  readonly tokenFor?: (name: string) => string | undefined;
  /** After an exchange, before its answer is compared. */
  readonly after?: (name: string, controlPlane: ControlPlane) => void;
}

export function replayScenes(recordings: Recordings): void {
  const { folder, scenes, outOfScope, without, tokenFor, after } = recordings;

  it('replays or excuses every recorded exchange', () => {
    const replayed = scenes.flatMap((scene) => scene.exchanges);

    const forgotten = exchangeNames(folder).filter(
      (name) => !replayed.includes(name) && outOfScope[name] === undefined,
    );

    expect(forgotten).toEqual([]);
  });

  describe.each(scenes)('$name', ({ options, prepare, exchanges }) => {
    let controlPlane: ControlPlane;

    beforeAll(async () => {
      controlPlane = await startControlPlane(options);
      await prepare(controlPlane);
    });

    afterAll(() => controlPlane.stop());

    it.each(exchanges)('%s', async (name) => {
      const recorded = exchange(name, folder);
      const reduce = without[name] ?? ((body: unknown) => body);

      const reply = await replay(controlPlane.url, recorded.request, tokenFor?.(name));

      after?.(name, controlPlane);
      expect(reply.status).toBe(recorded.response.status);
      expect(normalised(reduce(reply.body))).toEqual(normalised(reduce(recorded.response.body)));
      expect(reply.type).toBe(recorded.response.headers['content-type']);
    });
  });
}

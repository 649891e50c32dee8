/** Another team on the same Kong: its entities, and what it hangs onto ours. */
import type { World } from '../../../sandbox/world';
import { bodiesIn } from '../model/state-of-kong';

interface Entity {
  readonly id: string;
}

export interface OtherTeam {
  /** Creates an entity of the other team; `onOurs` where it is a child of one of ours. */
  create(path: string, body: object, onOurs?: boolean): Promise<string>;
  /** From now on an entity that was ours is theirs. */
  takeOver(path: string): Promise<string>;
  /** What of theirs is gone or changed. Forgets what a confirmed deletion took along. */
  lost(confirmed: 'nothing' | 'children of ours' | 'all'): readonly string[];
}

interface Held {
  readonly path: string;
  readonly body: string;
  readonly onOurs: boolean;
}

export function otherTeam({ admin }: Pick<World, 'admin'>): OtherTeam {
  const held = new Map<string, Held>();

  async function send(method: string, path: string, body: object): Promise<Entity | string> {
    const response = await fetch(`${admin.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) return `${response.status} to ${method} ${path}`;
    return (await response.json()) as Entity;
  }

  function keep(path: string, answer: Entity | string, onOurs: boolean): string {
    if (typeof answer === 'string') return answer;
    const body = bodiesIn(admin.feed.current()).get(answer.id) ?? '';
    held.set(answer.id, { path, body, onOurs });
    return path;
  }

  return {
    async create(path, body, onOurs = false) {
      return keep(path, await send('POST', path, { ...body, tags: ['team-b'] }), onOurs);
    },
    async takeOver(path) {
      // What it hangs on may still be ours.
      return keep(path, await send('PATCH', path, { tags: ['team-b'] }), true);
    },
    lost(confirmed) {
      if (held.size === 0) return [];
      const now = bodiesIn(admin.feed.current());
      const lost: string[] = [];
      for (const [id, { path, body, onOurs }] of held) {
        if (now.get(id) === body) continue;
        if (!now.has(id)) held.delete(id);
        const allowed = confirmed === 'all' || (confirmed === 'children of ours' && onOurs);
        if (!allowed)
          lost.push(`${path} of another team ${now.has(id) ? 'was changed' : 'is gone'}`);
      }
      return lost;
    },
  };
}

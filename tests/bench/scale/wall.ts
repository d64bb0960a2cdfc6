// A hub that is written to until its memory is full, and what it still does then (npm run bench:scale -- --wall).
import { call, KEYS, temporaryFolder } from '../../edge/hub-process.ts';
import { type Build, verify, withHub } from './process.ts';

const MEMORY = '32MiB';
const BATCH = 20;
const TEXT_BYTES = 20_000;
/** Many times what the budget has room for. */
const MAX_BATCHES = 2000;

export interface Wall {
  events: number;
  /** What the first refused write was answered. */
  status: number;
  text: string;
  /** By what was tried at the wall, and after a start there: the status of the answer. */
  atWall: Record<string, number>;
  afterStart: Record<string, number>;
  /** Of a dispatch, when half of the events were deleted. */
  withRoom: number;
  isClean: boolean;
}

const event = () => ({ topic: 'bench.wall', description: 'x'.repeat(TEXT_BYTES) });
type Hub = { url: string };
const post = (hub: Hub, path: string, body: object) =>
  call(hub, 'POST', path, { key: KEYS.service, body });
const change = (hub: Hub, method: string, id: string, body?: object) =>
  call(hub, method, `/api/events/${id}`, { key: KEYS.service, ...(body && { body }) });

/** Updates and deletes events of the list, which it takes off. */
async function tryAll(hub: Hub, ids: string[]): Promise<Record<string, number>> {
  const [removed = '', updated = ''] = ids.splice(0, 1).concat(ids[0] ?? '');
  const query = { query: '{ events(last: 100) { edges { node { id } } } }' };
  return {
    'a page': (await post(hub, '/graphql', query)).status,
    'one event': (await change(hub, 'GET', updated)).status,
    update: (await change(hub, 'PATCH', updated, { status: 'failed' })).status,
    delete: (await change(hub, 'DELETE', removed)).status,
  };
}

/** @param cli of the build; the folder is a new one. */
export async function measureWall(cli: string): Promise<Wall> {
  const folder = temporaryFolder();
  const build: Build = { name: 'wall', cli, folder: folder.path };
  const flags = ['--memory', MEMORY];
  const ids: string[] = [];
  try {
    const full = await withHub(
      build,
      async (hub) => {
        for (let batch = 0; batch < MAX_BATCHES; batch++) {
          const answer = await post(hub, '/api/events', event());
          if (answer.status > 299) {
            const text = JSON.stringify(answer.body);
            const events = ids.length;
            return { events, status: answer.status, text, atWall: await tryAll(hub, ids) };
          }
          ids.push(answer.body.id);
          for (let number = 1; number < BATCH; number++) {
            const next = await post(hub, '/api/events', event());
            if (next.status > 299) break;
            ids.push(next.body.id);
          }
        }
        throw new Error(`${ids.length} events of ${TEXT_BYTES} bytes did not fill ${MEMORY}`);
      },
      flags,
    );
    const { isClean } = verify(build);
    const later = await withHub(
      build,
      async (hub) => {
        const afterStart = await tryAll(hub, ids);
        for (const id of ids.splice(0, ids.length / 2)) await change(hub, 'DELETE', id);
        return { afterStart, withRoom: (await post(hub, '/api/events', event())).status };
      },
      flags,
    );
    return { ...full, ...later, isClean };
  } finally {
    folder.remove();
  }
}

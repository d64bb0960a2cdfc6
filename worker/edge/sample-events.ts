/** Events of a made-up studio: topics, summaries and descriptions are AYON's own (protocol.md 2). */
const PROJECTS = ['aurora', 'big_river', 'commercials_26'];
const SEQUENCES = ['sh010', 'sh020', 'sh030', 'sh110', 'sh120'];
const PRODUCTS = ['renderMain', 'modelHero', 'animMain', 'plateMain', 'compFinal'];
const STATUSES = ['In progress', 'Pending review', 'Approved', 'On hold'];

const JOBS = [
  ['reviewable.process', 'Transcoding turntable.mov'],
  ['ftrack.sync_to_ayon', 'Syncing project to tracker'],
  ['addon.install_from_url', 'Installing addon core 1.4.2'],
  ['import.data', 'Importing 480 rows'],
] as const;

/** What the sample dispatches: AYON's request body. */
export interface NewEvent {
  topic: string;
  project?: string;
  description: string;
  summary?: object;
  payload?: object;
  finished?: boolean;
  dependsOn?: string;
  hash?: string;
}

/** A small seeded generator (mulberry32): a run can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes events by drawing from `random`. */
export function createEventMaker(random: () => number) {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const id = () =>
    Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');

  function entityEvent(): NewEvent {
    const project = pick(PROJECTS);
    const shot = pick(SEQUENCES);
    const product = pick(PRODUCTS);
    const path = `/shots/${shot}`;
    const summary = { entityId: id(), parentId: id(), entityPath: path };
    const value = pick(STATUSES);
    const event = pick<() => NewEvent>([
      () => ({ topic: 'entity.folder.created', description: `Folder ${shot} created` }),
      () => ({
        topic: 'entity.folder.status_changed',
        description: `Changed folder ${path} status to ${value}`,
        summary: { ...summary, value },
        payload: { oldValue: 'Not ready', newValue: value },
      }),
      () => ({ topic: 'entity.product.created', description: `Product ${product} created` }),
      () => ({ topic: 'entity.version.created', description: `Version v012 created` }),
      () => ({
        topic: 'entity.version.status_changed',
        description: `Changed version ${path}/${product}/v012 status to ${value}`,
        summary: { ...summary, value },
      }),
      () => ({ topic: 'entity.representation.created', description: 'Representation exr created' }),
      () => ({ topic: 'entity.task.created', description: 'Task compositing created' }),
      () => ({
        topic: 'entity.task.assignees_changed',
        description: 'Changed task compositing assignees',
        payload: { oldValue: [], newValue: ['mona', 'alice'] },
      }),
      () => ({
        topic: 'entity.folder.attrib_changed',
        description: `Changed folder ${path} attributes: frameEnd, fps`,
      }),
      () => ({
        topic: 'entity.workfile.created',
        description: `Workfile ${shot}_comp_v004 created`,
      }),
    ])();
    return { project, summary, ...event };
  }

  function otherEvent(): NewEvent {
    const project = pick(PROJECTS);
    return pick<() => NewEvent>([
      () => ({
        topic: 'link.created',
        project,
        description: 'Created reference link between hero and sh010.',
      }),
      () => ({ topic: 'activity.created', project, description: 'Created comment activity' }),
      () => ({ topic: 'entity_list.created', project, description: 'Entity list dailies created' }),
      () => ({
        topic: 'reviewable.created',
        project,
        description: "Reviewable 'turntable.mp4' uploaded",
      }),
      () => ({
        topic: 'settings.changed',
        description: 'core 1.0 production studio overrides changed',
      }),
      () => ({ topic: 'bundle.updated', description: "Bundle '2026-11' has been updated" }),
      () => ({ topic: 'access_group.updated', description: 'Updated access group artist' }),
      () => ({ topic: 'log.info', description: 'Settings loaded' }),
      () => ({ topic: 'log.warning', description: 'Slow query: 1240 ms' }),
      () => ({
        topic: 'log.error',
        description: 'Unhandled exception in POST /api/projects',
        payload: { message: 'KeyError: frameEnd', traceback: 'File "resolve.py", line 12' },
      }),
    ])();
  }

  return {
    pick,
    /** Something that has happened. */
    finished: (): NewEvent => (random() < 0.65 ? entityEvent() : otherEvent()),
    /** Something that will take a while. */
    job(): NewEvent {
      const [topic, label] = pick(JOBS);
      return { topic, project: pick(PROJECTS), description: `${label} ...`, finished: false };
    },
  };
}

/** Events of a made-up studio: topics, summaries and descriptions are AYON's own (protocol.md 2). */
const PROJECTS = ['aurora', 'big_river', 'commercials_26'];
const SEQUENCES = ['sh010', 'sh020', 'sh030', 'sh110', 'sh120'];
const PRODUCTS = ['renderMain', 'modelHero', 'animMain', 'plateMain', 'compFinal'];
const STATUSES = ['In progress', 'Pending review', 'Approved', 'On hold'];

const JOBS = [
  ['reviewable.process', 'Transcoding turntable.mov', {}],
  ['ftrack.sync_to_ayon', 'Syncing project to tracker', {}],
  ['addon.install_from_url', 'Installing addon core 1.4.2', { url: 'https://addons.example/core' }],
  ['import.data', 'Importing 480 rows', { total: 480, type: 'task' }],
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

/** What the events are drawn with. */
interface Draw {
  pick<T>(list: readonly T[]): T;
  id(): string;
}

function createDraw(random: () => number): Draw {
  return {
    pick: (list) => list[Math.floor(random() * list.length)] as (typeof list)[number],
    id: () => Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join(''),
  };
}

function entityEvent({ pick, id }: Draw): NewEvent {
  const project = pick(PROJECTS);
  const shot = pick(SEQUENCES);
  const product = pick(PRODUCTS);
  const path = `/shots/${shot}`;
  const summary = { entityId: id(), parentId: id() };
  const patched = { ...summary, entityPath: path };
  const value = pick(STATUSES);
  const event = pick<() => NewEvent>([
    () => ({ topic: 'entity.folder.created', description: `Folder ${shot} created` }),
    () => ({
      topic: 'entity.folder.status_changed',
      description: `Changed folder ${path} status to ${value}`,
      summary: { ...patched, value },
      payload: { oldValue: 'Not ready', newValue: value },
    }),
    () => ({ topic: 'entity.product.created', description: `Product ${product} created` }),
    () => ({ topic: 'entity.version.created', description: `Version v012 created` }),
    () => ({
      topic: 'entity.version.status_changed',
      description: `Changed version ${path}/${product}/v012 status to ${value}`,
      summary: { ...patched, value },
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
      summary: patched,
    }),
    () => ({
      topic: 'entity.workfile.created',
      description: `Workfile ${shot}_comp_v004 created`,
    }),
  ])();
  return { project, summary, ...event };
}

function otherEvent({ pick, id }: Draw): NewEvent {
  const project = pick(PROJECTS);
  return pick([...projectEvents(project, id), ...SERVER_EVENTS])();
}

const projectEvents = (project: string, id: () => string): (() => NewEvent)[] => [
  () => ({
    topic: 'link.created',
    project,
    description: 'Created reference link between hero and sh010.',
    summary: {
      id: id(),
      linkType: 'reference|folder|folder',
      inputType: 'folder',
      outputType: 'folder',
      inputId: id(),
      outputId: id(),
    },
  }),
  () => ({
    topic: 'activity.created',
    project,
    description: 'Created comment activity',
    summary: { activity_id: id(), activity_type: 'comment', references: [] },
  }),
  () => ({
    topic: 'entity_list.created',
    project,
    description: 'Entity list dailies created',
    summary: {
      id: id(),
      entity_list_type: 'generic',
      entity_type: 'version',
      label: 'dailies',
      count: 0,
    },
  }),
  () => ({
    topic: 'reviewable.created',
    project,
    description: "Reviewable 'turntable.mp4' uploaded",
    summary: {
      fileId: id(),
      versionId: id(),
      productId: id(),
      activityId: id(),
      size: 48_210_344,
      filename: 'turntable.mp4',
      label: 'turntable',
      mimetype: 'video/mp4',
    },
  }),
];

const SERVER_EVENTS: readonly (() => NewEvent)[] = [
  () => ({
    topic: 'settings.changed',
    description: 'core 1.0 production studio overrides changed',
    summary: { addon_name: 'core', addon_version: '1.0', variant: 'production' },
  }),
  () => ({
    topic: 'bundle.updated',
    description: "Bundle '2026-11' has been updated",
    summary: {
      name: '2026-11',
      changedFields: ['isStaging'],
      isProduction: false,
      isStaging: true,
      isArchived: false,
      isDev: false,
      isProject: false,
    },
  }),
  () => ({
    topic: 'access_group.updated',
    description: 'Updated access group artist',
    summary: { name: 'artist' },
  }),
  () => ({ topic: 'log.info', description: 'Settings loaded' }),
  () => ({ topic: 'log.warning', description: 'Slow query: 1240 ms' }),
  () => ({
    topic: 'log.error',
    description: 'Unhandled exception in POST /api/projects',
    payload: { message: 'KeyError: frameEnd', traceback: 'File "resolve.py", line 12' },
  }),
];

/** Makes events by drawing from `random`. */
export function createEventMaker(random: () => number) {
  const draw = createDraw(random);
  const { pick } = draw;
  return {
    pick,
    /** Something that has happened. */
    finished: (): NewEvent => (random() < 0.65 ? entityEvent(draw) : otherEvent(draw)),
    /** Something that will take a while. */
    job(): NewEvent {
      const [topic, label, summary] = pick(JOBS);
      const description = `${label} ...`;
      return { topic, project: pick(PROJECTS), description, summary, finished: false };
    },
  };
}

import { readFileSync } from 'node:fs';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { CoreCrash, type CoreStore, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { Method, type StoreRole } from '../../wasm/methods.ts';
import { openStore } from '../../wasm/open-store.ts';
import { functionsOf, plantTrap } from './planted-trap.ts';

const MODULES = 'build/wasm-release/wasm';
const SEGMENT_BYTES = 16 * 1024;

/** What a module does in order; the last step is where it has to trap. */
type Steps = readonly ((store: CoreStore, id: string) => string | undefined)[];

const now = () => ({ now: nowMicros(), entropy: entropy() });

/** A store dispatches, changes, reads, and removes. */
const REPLICA_STEPS: Steps = [
  (store) =>
    store.call<{ id: string }>(Method.dispatch, now(), '{"topic":"trap.a","finished":false}').header
      .id,
  (store, id) => void store.call(Method.update, { ...now(), id }, '{"description":"changed"}'),
  (store, id) => void store.call(Method.get, { id }),
  (store) => void store.call(Method.query, {}, '{"last":5}'),
  (store) => void store.call(Method.live, { live: 1 }, '{"last":5}'),
  (store) => void store.call(Method.commit),
  (store) => void store.call(Method.committed, { ok: true }),
  (store, id) => void store.call(Method.remove, { ...now(), id }),
];

const CALLER = {
  name: 'svc',
  isAdmin: true,
  isManager: false,
  isService: true,
  isGuest: false,
  accessGroups: {},
};

function request(store: CoreStore, operation: string, more: object, body = '') {
  return store.call(Method.request, { ...now(), operation, caller: CALLER, ...more }, body);
}

/** The same by the requests of a hub, but the last step. */
const HUB_STEPS: Steps = [
  (store) => {
    const { body } = request(store, 'dispatch', {}, '{"topic":"trap.a","finished":false}');
    return (JSON.parse(new TextDecoder().decode(body)) as { id: string }).id;
  },
  (store, id) => void request(store, 'update', { id }, '{"description":"changed"}'),
  (store, id) => void request(store, 'get', { id }),
  (store) => void store.call(Method.socket, { ...now(), client: 0, event: 'tick' }),
  (store) => void store.call(Method.status),
  (store) => void store.call(Method.commit),
  (store) => void store.call(Method.committed, { ok: true }),
];

const FOLLOWED = {
  id: 'f'.repeat(32),
  topic: 'trap.a',
  createdAt: '2026-01-01T00:00:00+00:00',
  updatedAt: '2026-01-01T00:00:00+00:00',
  payload: { number: 1 },
};
const FEED = {
  topic: 'cuesheet.changes',
  changes: [{ sequence: 1, kind: 'inserted', id: FOLLOWED.id, event: FOLLOWED }],
  ...{ next: 1, head: 1, payloads: true, store: 'trap' },
};

function follow(store: CoreStore, event: string, body = '') {
  return store.call(Method.replica, { ...now(), event }, body);
}

/** A relay follows a hub, and is asked for an event. */
const RELAY_STEPS: Steps = [
  (store) => void follow(store, 'start'),
  (store) => void follow(store, 'opened'),
  (store) => void follow(store, 'message', JSON.stringify(FEED)),
  (store) => void store.call(Method.socket, { ...now(), client: 0, event: 'tick' }),
  (store) => void store.call(Method.status),
  (store) => void store.call(Method.commit),
  (store) => void store.call(Method.committed, { ok: true }),
  (store) => void request(store, 'get', { id: FOLLOWED.id }),
];

/** Where a trap is to be: at what the last step does, and nothing before it. */
interface Place {
  module: 'cuesheet' | 'cuesheet-hub';
  role: StoreRole;
  steps: Steps;
  /** Names of functions that are tried first; without them the search takes a minute. */
  likely: RegExp;
}

const ofHub = (likely: RegExp, last: Steps[number]): Place => ({
  ...{ module: 'cuesheet-hub', role: 'hub', likely },
  steps: [...HUB_STEPS, last],
});
const LINE = `${JSON.stringify(FOLLOWED)}\n`;

const PLACES = {
  replica: { module: 'cuesheet', role: 'replica', steps: REPLICA_STEPS, likely: /Remove/ },
  relay: {
    ...{ module: 'cuesheet-hub', role: 'relay', steps: RELAY_STEPS },
    likely: /Caller::Parse|AppendEvent/,
  },
  hub: ofHub(/Remove/, (store, id) => void request(store, 'delete', { id })),
  import: ofHub(/EventReader::/, (store) => void store.call(Method.import, {}, LINE)),
  export: ofHub(/ParseCursor|ExportPart/, (store) => void store.call(Method.export, { after: '' })),
  verify: ofHub(/CheckFileHead|ReadAt/, (store) => void store.call(Method.verify)),
} satisfies Record<string, Place>;

/** The module with a trap that nothing meets before the last step. @throws Error when there is none. */
export async function trapAtLastStep(place: keyof typeof PLACES): Promise<Uint8Array<ArrayBuffer>> {
  const { module: name, role, steps, likely }: Place = PLACES[place];
  const wasm = readFileSync(`${MODULES}/${name}.wasm`);
  for (const index of likelyFirst(wasm, symbolsOf(name), likely)) {
    const planted = plantTrap(wasm, index);
    if ((await lastStepDone(planted, role, steps)) === steps.length - 1) return planted;
  }
  throw new Error('no function is called by the last step alone');
}

/** Lines of `NUMBER:NAME`. */
function symbolsOf(name: string): string[] {
  return readFileSync(`${MODULES}/${name}.js.symbols`, 'utf8').split('\n');
}

/** All functions of a module, those with likely names first. */
function likelyFirst(
  wasm: Uint8Array<ArrayBuffer>,
  symbols: readonly string[],
  likely: RegExp,
): number[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const imported = imports.filter(({ kind }) => kind === 'function').length;
  const named = symbols
    .filter((line) => likely.test(line))
    .map((line) => Number.parseInt(line, 10) - imported);
  return [...named, ...Array(functionsOf(wasm)).keys()];
}

/** How many steps were done before the trap; -1 = not even a store could be opened. */
async function lastStepDone(
  planted: Uint8Array<ArrayBuffer>,
  role: StoreRole,
  steps: Steps,
): Promise<number> {
  let done = -1;
  try {
    const core = await loadCore(new WebAssembly.Module(planted));
    const { store } = await openStore(core, role, memoryFiles(), SEGMENT_BYTES);
    let id = '';
    for (done = 0; done < steps.length; done++) id = steps[done]?.(store, id) ?? id;
  } catch (error) {
    if (!(error instanceof CoreCrash)) throw error;
  }
  return done;
}

import { readFileSync } from 'node:fs';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { CoreCrash, type CoreStore, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
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

/** The same by the requests of a hub. */
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
  (store, id) => void request(store, 'delete', { id }),
];

/** The module with a trap that nothing meets before the last step. @throws Error when there is none. */
export async function trapAtLastStep(
  name: 'cuesheet' | 'cuesheet-hub',
): Promise<Uint8Array<ArrayBuffer>> {
  const wasm = readFileSync(`${MODULES}/${name}.wasm`);
  const [role, steps] =
    name === 'cuesheet' ? (['replica', REPLICA_STEPS] as const) : (['hub', HUB_STEPS] as const);
  for (const index of likelyFirst(wasm, readFileSync(`${MODULES}/${name}.js.symbols`, 'utf8'))) {
    const planted = plantTrap(wasm, index);
    if ((await lastStepDone(planted, role, steps)) === steps.length - 1) return planted;
  }
  throw new Error('no function is called by the last step alone');
}

/** All functions of a module, those first whose names say that they remove something. */
function likelyFirst(wasm: Uint8Array<ArrayBuffer>, symbols: string): number[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const imported = imports.filter(({ kind }) => kind === 'function').length;
  const named = [...symbols.matchAll(/^(\d+):.*Remove/gm)].map(
    ([, index]) => Number(index) - imported,
  );
  return [...named, ...Array(functionsOf(wasm)).keys()];
}

/** How many steps were done before the trap; -1 = not even a store could be opened. */
async function lastStepDone(
  planted: Uint8Array<ArrayBuffer>,
  role: 'replica' | 'hub',
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

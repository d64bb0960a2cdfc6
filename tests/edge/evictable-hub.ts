// The example's Worker with a hub that tells which life of the object answers, and can be crashed.
import { CuesheetHub as Hub, type HubEnv, routeToHub } from 'cuesheet/hub/cloudflare';
import type { ObjectState } from '../../worker/edge/runtimes/cloudflare-api.ts';

export class CuesheetHub extends Hub {
  readonly #life = crypto.randomUUID();
  readonly #abort: (reason: string) => void;

  constructor(ctx: ObjectState & { abort(reason: string): void }, env: HubEnv) {
    super(ctx, env);
    this.#abort = (reason) => ctx.abort(reason);
  }

  /** By HTTP: an object that somebody holds a stub of is not evicted. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/life') return new Response(this.#life);
    if (pathname === '/crash') this.#abort('crashed by the test');
    return super.fetch(request);
  }
}

// biome-ignore lint/style/noDefaultExport: what a Worker is
export default { fetch: routeToHub };

// A Worker whose Durable Object runs the contract on files in its storage.
import { DurableObject } from 'cloudflare:workers';
import create from '../../build/wasm-release/tests/env_contract.js';
import wasm from '../../build/wasm-release/tests/env_contract.wasm';
import type { HostFiles } from '../../wasm/host-files.ts';
import type { HubEnv } from '../../worker/edge/runtimes/cloudflare.ts';
import type { ObjectState, ObjectStorage } from '../../worker/edge/runtimes/cloudflare-api.ts';
import { objectFiles } from '../../worker/edge/runtimes/cloudflare-files.ts';
import { runContract } from './contract.ts';
import { loadContract } from './load-contract.ts';

export class CuesheetHub extends DurableObject<HubEnv> {
  readonly #storage: ObjectStorage;

  constructor(ctx: ObjectState, env: HubEnv) {
    super(ctx, env);
    this.#storage = ctx.storage;
  }

  async fetch(): Promise<Response> {
    const hostFiles = new Map<number, HostFiles>();
    const module = await loadContract(create, wasm, hostFiles);
    let last = '';
    const host = {
      open: async (folder: string) => {
        if (folder !== last) this.#empty();
        last = folder;
        return objectFiles(this.#storage);
      },
      close() {},
      onDemand: false,
    };
    const hot = await runContract(module, hostFiles, host, false);
    const cold = await runContract(module, hostFiles, host, true);
    return Response.json({ stages: hot.stages, wrong: [...hot.wrong, ...cold.wrong] });
  }

  /** Storage has no folders: each of the contract's has all of it. */
  #empty(): void {
    this.#storage.sql.exec('DROP TABLE IF EXISTS files');
    this.#storage.sql.exec('DROP TABLE IF EXISTS chunks');
  }
}

// biome-ignore lint/style/noDefaultExport: what a Worker is
export default {
  fetch: (request: Request, { HUBS }: HubEnv) => HUBS.get(HUBS.idFromName('lab')).fetch(request),
};

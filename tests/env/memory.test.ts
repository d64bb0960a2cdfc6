import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { type ContractModule, type Host, runContract } from './contract.ts';
import { buildContract, CONTRACT_MODULE } from './build.ts';
import { loadContract } from './load-contract.ts';

const hostFiles = new Map<number, HostFiles>();
let module: ContractModule;

beforeAll(async () => {
  buildContract();
  const { default: create } = await import(pathToFileURL(`${CONTRACT_MODULE}.js`).href);
  const wasm = new WebAssembly.Module(readFileSync(`${CONTRACT_MODULE}.wasm`));
  module = await loadContract(create, wasm, hostFiles);
}, 600_000);

async function check(host: Host) {
  for (const cold of [false, true]) {
    const { stages, wrong } = await runContract(module, hostFiles, host, cold);
    expect(wrong).toEqual([]);
    expect(stages).toBeGreaterThan(10);
  }
}

test("files in memory keep the contract of the core's Env", async () => {
  const kept = new Map<string, HostFiles>();
  await check({
    open(name) {
      const files = kept.get(name) ?? memoryFiles();
      kept.set(name, files);
      return Promise.resolve(files);
    },
    close() {},
    onDemand: false,
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { type NodeFiles, openNodeFiles } from '../../worker/edge/node-files.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { type ContractModule, type Host, runContract } from './contract.ts';
import { buildContract, CONTRACT_MODULE } from './build.ts';

const hostFiles = new Map<number, HostFiles>();
let module: ContractModule;

beforeAll(async () => {
  buildContract();
  const { default: create } = await import(pathToFileURL(`${CONTRACT_MODULE}.js`).href);
  const wasm = new WebAssembly.Module(readFileSync(`${CONTRACT_MODULE}.wasm`));
  module = (await create({
    hostFiles,
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      void WebAssembly.instantiate(wasm, imports).then(done);
      return {};
    },
  })) as ContractModule;
}, 600_000);

async function check(host: Host) {
  for (const cold of [false, true]) {
    const { stages, wrong } = await runContract(module, hostFiles, host, cold);
    expect(wrong).toEqual([]);
    expect(stages).toBeGreaterThan(10);
  }
}

test("files of Node keep the contract of the core's Env", async () => {
  const folder = temporaryFolder();
  await check({
    open: (name) => Promise.resolve(openNodeFiles(join(folder.path, name))),
    close: (files) => (files as NodeFiles).close(),
    onDemand: false,
  });
  folder.remove();
});

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

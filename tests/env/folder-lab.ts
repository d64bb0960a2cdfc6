// Runs the contract on files in a folder and prints what is wrong, in whatever runtime runs this file:
// RUNTIME folder-lab.js CONTRACT_MODULE FOLDER
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HostFiles } from '../../wasm/host-files.ts';
import { type NodeFiles, openNodeFiles } from '../../worker/edge/runtimes/node-files.ts';
import { runContract } from './contract.ts';
import { loadContract } from './load-contract.ts';

const [path = '', folder = ''] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(`${path}.js`).href);
const hostFiles = new Map<number, HostFiles>();
const wasm = new WebAssembly.Module(readFileSync(`${path}.wasm`));
const module = await loadContract(create, wasm, hostFiles);
const host = {
  open: (name: string) => openNodeFiles(join(folder, name)),
  close: (files: HostFiles) => (files as NodeFiles).close(),
  onDemand: false,
};
const hot = await runContract(module, hostFiles, host, false);
const cold = await runContract(module, hostFiles, host, true);
console.log(JSON.stringify({ stages: hot.stages, wrong: [...hot.wrong, ...cold.wrong] }));

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KEYS } from './hub-process.ts';

const run = promisify(execFile);

/** What tests/edge/ayon_client.py saw: 200 events of 22 topics, one of them a job with progress. */
export interface AyonReport {
  ids: string[];
  topics: number;
  entities: number;
  job: string;
}

/** Drives the hub with the unmodified AYON client from PyPI. */
export async function driveWithAyonClient(url: string, ...flags: string[]): Promise<AyonReport> {
  const python = '.toolchain/venv/bin/python';
  const args = ['tests/edge/ayon_client.py', url, KEYS.service, ...flags];
  const { stdout } = await run(python, args, { timeout: 60_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as AyonReport;
}

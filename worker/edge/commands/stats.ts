import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nowMicros } from '../../../wasm/load.ts';
import { type MemoryReport, Method } from '../../../wasm/methods.ts';
import { type Command, parseOptions } from './command.ts';
import { eventsText, sizeText } from './progress.ts';
import {
  DATA_HELP,
  DATA_OPTION,
  MEMORY_HELP,
  MEMORY_OPTION,
  memoryOf,
  openStoreFolder,
} from './store-folder.ts';

export const statsCommand: Command = {
  help: `usage: cuesheet stats [options]

Says how many events a hub has, how much of its memory they take, and for how long there is room at the pace of the
last week. GET /metrics of a running hub says the same.

  ${DATA_HELP}
  ${MEMORY_HELP}
  --help        this text`,
  async run(args) {
    const { values } = parseOptions('stats', args, { data: DATA_OPTION, memory: MEMORY_OPTION }, 0);
    const memory = memoryOf(values.memory, 'stats');
    const { open } = await openStoreFolder(values.data, { create: false, memory });
    const { call } = await open();
    const { header } = await call<{ events: number; memory: MemoryReport }>(Method.status, {
      now: nowMicros(),
    });
    const { used, budget, room, daysLeft } = header.memory;
    console.log(`${eventsText(header.events)}, ${sizeText(bytesIn(values.data))} of files`);
    const percent = Math.round((100 * used) / budget);
    console.log(`memory: ${sizeText(used)} of ${sizeText(budget)} (${percent} %)`);
    console.log(`room for new events: ${sizeText(room)}${daysText(daysLeft)}`);
    return 0;
  },
};

function bytesIn(folder: string): number {
  const events = join(folder, 'events');
  return readdirSync(events).reduce((sum, name) => sum + statSync(join(events, name)).size, 0);
}

function daysText(days: number | null): string {
  if (days === null) return '';
  const shown = days < 10 ? days.toFixed(1) : String(Math.round(days));
  return `, ${shown} days at the pace of the last week`;
}

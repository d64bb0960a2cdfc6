// The events of npm run bench:scale: those of tests/bench/generator.cc, with a few that are rare, and what the reads ask for.
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';

export const RARE_TOPIC = 'bench.rare';
export const RARE_USER = 'rare.user';
/** How many events have the rare topic, and as many others the rare user. */
export const RARE = 5;
const IDS = 100;
/** More than the generator goes back for the parent of an event. */
const WITHOUT_PARENT = 5000;

/** What the reads ask for, of these events. */
export interface Samples {
  /** Evenly from all. */
  ids: string[];
  hash: { hash: string; id: string };
  /** A fifth of the events are older. */
  oldTime: string;
  /** Half of the events are older, and no other depends on one of them. */
  halfTime: string;
  /** Events from `halfTime` on. */
  newer: number;
  project: string;
  users: string[];
}

/** Copies the generator's lines from `from` to `to`, changes some, and picks samples. */
export async function prepare(from: string, to: string, events: number): Promise<Samples> {
  const out = createWriteStream(to);
  const half = Math.floor(events / 2);
  const old = Math.floor(events / 5);
  const step = Math.floor(events / IDS);
  const rareStep = Math.floor(events / RARE);
  const samples: Samples = {
    ids: [],
    hash: { hash: '', id: '' },
    oldTime: '',
    halfTime: '',
    newer: events - half,
    project: '',
    users: [],
  };
  const change = (line: string, number: number): string => {
    const isSample = number % step === 0 && samples.ids.length < IDS;
    const isRare = number % rareStep === 0 || number % rareStep === 1;
    const isTime = number === old || number === half;
    const losesParent = number >= half && number < half + WITHOUT_PARENT;
    const wantsHash = number > half / 2 && samples.hash.hash === '';
    if (!isSample && !isRare && !isTime && !losesParent && !wantsHash) return line;
    const event = JSON.parse(line);
    if (isSample) samples.ids.push(event.id);
    if (isRare && number < RARE * rareStep) {
      if (number % rareStep === 0) event.topic = RARE_TOPIC;
      else event.user = RARE_USER;
    }
    if (losesParent) event.dependsOn = null;
    if (number === old) samples.oldTime = event.createdAt;
    if (number === half) samples.halfTime = event.createdAt;
    if (wantsHash && event.hash !== event.id) samples.hash = { hash: event.hash, id: event.id };
    if (event.project && samples.project === '') samples.project = event.project;
    const isNew = samples.users.length < 6 && !samples.users.includes(event.user);
    if (isNew && event.user && event.user !== RARE_USER) samples.users.push(event.user);
    return JSON.stringify(event);
  };
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(from) })) {
    if (!out.write(`${change(line, number++)}\n`)) {
      await new Promise<void>((resolve) => out.once('drain', resolve));
    }
  }
  out.end();
  await finished(out);
  return samples;
}

// Runs a command now and again at each change in folders: node scripts/watch.mjs FOLDER... -- COMMAND [ARGUMENT...]
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';

/** Editors write a file in several steps, and more than one file at a time. */
const CALM_MS = 200;

const end = process.argv.indexOf('--');
const folders = process.argv.slice(2, end);
const [command, ...args] = process.argv.slice(end + 1);
if (end < 3 || command === undefined) {
  console.error('usage: node scripts/watch.mjs FOLDER... -- COMMAND [ARGUMENT...]');
  process.exit(2);
}

let child = null;
let changed = false;
let calm = null;

function run() {
  changed = false;
  child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', (error) => console.error(`${command}: ${error.message}`));
  child.once('close', (code) => {
    child = null;
    console.log(code === 0 ? '== passed; waiting for a change' : '== FAILED; waiting for a change');
    if (changed) run();
  });
}

for (const folder of folders) {
  watch(folder, { recursive: true }, () => {
    changed = true;
    clearTimeout(calm);
    calm = setTimeout(() => {
      if (child === null && changed) run();
    }, CALM_MS);
  });
}
run();

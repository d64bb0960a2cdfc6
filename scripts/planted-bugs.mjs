// npm run simulate:bugs -- [--seeds N] [--only TEXT]: plants each bug of
// tests/simulation/planted-bugs.json (with the text in its name) in a copy of the core, one at a time, and runs the
// simulator until it is caught. Ends with `N passed, N failed`.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '2000' }, only: { type: 'string', default: '' } },
});
const bugs = JSON.parse(readFileSync('tests/simulation/planted-bugs.json', 'utf8')).filter(
  ({ bug }) => bug.includes(values.only),
);

const tree = resolve('build/planted-bugs');
mkdirSync(tree, { recursive: true });
for (const part of ['core', 'tests', 'CMakeLists.txt', 'CMakePresets.json']) {
  cpSync(part, join(tree, part), { recursive: true });
}
try {
  symlinkSync(resolve('.toolchain'), join(tree, '.toolchain'));
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}
const cmake = (...args) =>
  execFileSync('cmake', args, { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
cmake('--preset', 'native-release', '-DCMAKE_CXX_FLAGS=-Wno-error');

let caught = 0;
process.on('exit', () => rmSync(join(tree, '.toolchain'))); // linters would follow it
for (const { bug, file, find, replace } of bugs) {
  const path = join(tree, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2)
    throw new Error(`${bug}: ${file} has not exactly one such place`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  try {
    cmake('--build', '--preset', 'native-release', '--target', 'cuesheet_simulate');
    const args = ['--stop', '--seeds', values.seeds];
    const run = spawnSync(join(tree, 'build/native-release/tests/cuesheet_simulate'), args, {
      encoding: 'utf8',
    });
    const seed = /seed (\d+)/.exec(run.stdout + run.stderr)?.[1];
    if (run.status !== 0 && seed !== undefined) caught++;
    console.log(run.status === 0 ? `NOT CAUGHT: ${bug}` : `caught by seed ${seed}: ${bug}`);
  } finally {
    writeFileSync(path, text);
  }
}
console.log(`${caught} passed, ${bugs.length - caught} failed`);
process.exitCode = caught === bugs.length ? 0 : 1;

import { spawn } from 'node:child_process';

/** What a hub prints once it answers. */
const READY = /hub ready on (?<url>\S+)\n/;
/** The same, and the link that signs in, which follows. */
export const SIGNED_IN = /(?<url>http:\S+)\/#token=(?<token>\S+)\n/;
/** Longest wait for that, in milliseconds. */
const START_MS = 60_000;
/** Characters of the child's last output that an error shows. */
const SHOWN = 4_000;

/**
 * Starts `cuesheet hub` of the build at `cli`, on a free port, and waits until it prints what `ready` finds. The result
 * has the named groups of `ready`, `child`, `ended` (a promise of its exit code or signal), and `stop()`, which ends it
 * and waits for that. What it prints on standard error is passed on.
 *
 * @throws Error with the last output of the child, when it ends or is not ready in time; then it does not run any more.
 */
export async function startHub(
  flags,
  { cli = 'dist/hub/cli.js', ready = READY, limitMs = START_MS } = {},
) {
  const child = spawn(process.execPath, [cli, 'hub', '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((done) => {
    child.once('exit', (code, signal) => done(code ?? signal));
  });
  try {
    const found = await untilReady(child, ready, limitMs);
    const stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    return { ...found, child, ended, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function untilReady(child, ready, limitMs) {
  return new Promise((resolve, reject) => {
    let output = ''; // bounded, because nothing is kept after the start
    const late = `the hub was not ready in ${limitMs / 1000} s`;
    const limit = setTimeout(fail, limitMs, late);

    function fail(why) {
      clearTimeout(limit);
      const said = output.trim().slice(-SHOWN);
      reject(
        new Error(said === '' ? `${why}, and printed nothing` : `${why}; it printed:\n${said}`),
      );
    }

    function hear(text) {
      output = (output + text).slice(-2 * SHOWN);
      const found = ready.exec(output)?.groups;
      if (!found) return;
      clearTimeout(limit);
      child.stdout.off('data', hear).resume(); // a pipe that nobody reads stops the child
      child.stderr.off('data', hear);
      resolve({ ...found });
    }

    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.stderr.on('data', (text) => process.stderr.write(text));
    child.once('error', ({ message }) => fail(`the hub cannot be started: ${message}`));
    child.once('close', (code, signal) => fail(`the hub ended with ${code ?? signal}`));
  });
}

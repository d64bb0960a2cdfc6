// A thread that follows one Chromium by its DevTools protocol and says what every page and every
// worker covered. A thread, because a test that kills its browser cannot wait for a promise.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

/** A page that does not answer (it is paused, or its process has died) is given up after this. */
const ANSWER_MS = 1_000;
const START = { callCount: true, detailed: true };
const ATTACH = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };

const { profile, folder, files } = workerData;
const [port, path] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });

const waiting = new Map();
/** Of every page and worker: the scripts whose text is kept already. */
const sessions = new Map();
let sent = 0;
let takes = 0;

function send(method, params, sessionId) {
  return new Promise((resolve) => {
    const id = ++sent;
    const limit = setTimeout(() => waiting.delete(id) && resolve(undefined), ANSWER_MS);
    waiting.set(id, (result) => {
      clearTimeout(limit);
      resolve(result);
    });
    if (socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ id, method, params, sessionId }));
  });
}

/** A new page or worker waits until it is watched, and its own workers after it. */
function attach(sessionId) {
  sessions.set(sessionId, new Map());
  void send('Profiler.enable', {}, sessionId);
  void send('Profiler.startPreciseCoverage', START, sessionId);
  void send('Target.setAutoAttach', ATTACH, sessionId);
  void send('Runtime.runIfWaitingForDebugger', {}, sessionId);
}

socket.on('message', (data) => {
  const { id, result, method, params, sessionId } = JSON.parse(data);
  if (id !== undefined) {
    waiting.get(id)?.(result);
    waiting.delete(id);
  } else if (method === 'Target.attachedToTarget') attach(params.sessionId);
  else if (method === 'Target.detachedFromTarget') sessions.delete(params.sessionId);
  else if (method === 'Debugger.scriptParsed') {
    const texts = sessions.get(sessionId);
    const isOurs = params.url.startsWith('http');
    if (texts && isOurs && !texts.has(params.scriptId)) texts.set(params.scriptId, null);
  }
});
socket.on('error', () => {}); // the browser is gone
socket.on('close', () => parentPort.close());

/** Keeps the texts of the scripts that are new: they are known while the debugger is on only. */
async function learnTexts(sessionId) {
  await send('Debugger.enable', {}, sessionId);
  const texts = sessions.get(sessionId) ?? new Map();
  for (const [scriptId, text] of texts) {
    if (text !== null) continue;
    const found = await send('Debugger.getScriptSource', { scriptId }, sessionId);
    if (found) texts.set(scriptId, keep(found.scriptSource));
  }
  await send('Debugger.disable', {}, sessionId);
}

async function take(sessionId, texts) {
  const taken = await send('Profiler.takePreciseCoverage', {}, sessionId);
  const scripts = (taken?.result ?? []).filter(({ url }) => url.startsWith('http'));
  if (scripts.some(({ scriptId }) => !texts.get(scriptId))) await learnTexts(sessionId);
  return scripts
    .filter(({ scriptId }) => texts.get(scriptId))
    .map(({ scriptId, url, functions }) => ({ url, functions, source: texts.get(scriptId) }));
}

function keep(text) {
  const hash = createHash('sha256').update(text).digest('hex');
  const target = join(folder, 'sources', hash);
  if (!existsSync(target)) writeFileSync(target, text);
  return hash;
}

async function takeAll() {
  const parts = await Promise.all([...sessions].map(([id, texts]) => take(id, texts)));
  const result = parts.flat();
  if (result.length === 0) return;
  writeFileSync(join(folder, `scripts-${files}-${takes++}.json`), JSON.stringify({ result }));
}

mkdirSync(join(folder, 'sources'), { recursive: true });
await new Promise((resolve) => socket.once('open', resolve).once('error', resolve));
await send('Target.setAutoAttach', ATTACH);
parentPort.on('message', async (done) => {
  await takeAll();
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
parentPort.postMessage('ready');

const END_BYTES = 4096;
const NEWLINE = 10;
/** A hub that sends nothing for so long is given up, in milliseconds. */
const SILENCE_MS = 60_000;

/** The last line of `GET /api/export?end=true`. */
export interface ExportEnd {
  end: true;
  events: number;
  withoutPayload: number;
}

/**
 * All events of a running hub as they are now, as NDJSON; `onEnd` gets its last line, which is not among them.
 * @throws Error with a sentence when the hub refuses, or its answer is not a whole export.
 */
export async function* exportOf(
  url: string,
  key: string,
  onEnd: (end: ExportEnd) => void,
): AsyncGenerator<Uint8Array> {
  const silence = new AbortController();
  const refresh = watchdog(() => silence.abort(new Error(`${url} was silent for 60 s`)));
  try {
    const response = await fetch(`${url}/api/export?end=true`, {
      headers: { 'x-api-key': key },
      redirect: 'manual',
      signal: silence.signal,
    });
    const isLines = response.headers.get('content-type') === 'application/x-ndjson';
    if (!response.ok || !isLines || !response.body) throw new Error(await whyNot(url, response));
    let held: Uint8Array = new Uint8Array(); // the end of what arrived, in which the last line is
    for await (const piece of response.body) {
      refresh();
      const all = Buffer.concat([held, piece]);
      const cut = Math.max(0, all.length - END_BYTES);
      if (cut > 0) yield all.subarray(0, cut);
      held = all.subarray(cut);
    }
    const lastLine = held.lastIndexOf(NEWLINE, held.length - 2) + 1;
    const end = endOf(held.subarray(lastLine));
    if (!end) throw new Error(`${url} ended its answer too early: try again`);
    yield held.subarray(0, lastLine);
    onEnd(end);
  } finally {
    refresh.stop();
  }
}

function endOf(line: Uint8Array): ExportEnd | null {
  try {
    const end = JSON.parse(new TextDecoder().decode(line)) as ExportEnd;
    return end.end === true ? end : null;
  } catch {
    return null;
  }
}

async function whyNot(url: string, response: Response): Promise<string> {
  const { status } = response;
  if (status === 404)
    return `${url} cannot export its events: it is no hub of Cuesheet, or an older one`;
  if (response.ok || (status >= 300 && status < 400)) {
    return `something else than a hub answers at ${url} (status ${status})`;
  }
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
  return `${url} refuses (${status}): ${typeof detail === 'string' ? detail : 'no reason given'}`;
}

/** Calls `expired` unless it is called again within SILENCE_MS. */
function watchdog(expired: () => void): { (): void; stop(): void } {
  let timer = setTimeout(expired, SILENCE_MS);
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(expired, SILENCE_MS);
  };
  return Object.assign(refresh, { stop: () => clearTimeout(timer) });
}

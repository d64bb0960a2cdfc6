import type { ObjectNamespace } from './cloudflare-api.ts';
import type { HubOptions } from '../hub.ts';
import { createJwtVerifier, parseKeySet, type VerifyJwt } from '../jwt.ts';
import { createLog, LOG_FORMATS } from '../log.ts';
import { ISOLATE_MEMORY_BYTES, memorySizeOf } from '../memory-size.ts';
import { rateOf } from '../rate-limit.ts';

/** The bindings and variables of the Worker (docs/hub.md). */
export interface HubEnv {
  /** The namespace of `CuesheetHub`. */
  HUBS: ObjectNamespace;
  /** Secret: a users file, as on Node, or an object of such lists by tenant. */
  CUESHEET_USERS?: string;
  /** `hub.example`: the tenant of `NAME.hub.example` is NAME. Without it there is one, `main`. */
  CUESHEET_DOMAIN?: string;
  /** The namespace of `CuesheetRelay`, if there are relays, and how many of each hub. */
  RELAYS?: ObjectNamespace;
  CUESHEET_RELAYS?: string;
  /** Secret: API key of a service, admin or manager of the hub, with which relays follow it. */
  CUESHEET_UPSTREAM_KEY?: string;
  /** Requests a second of one user, ten times as many at once; default no limit. */
  CUESHEET_RATE?: string;
  /** Memory that the events may use, for example `64MiB`; default 96 MiB of the 128 MB that an isolate has. */
  CUESHEET_MEMORY?: string;
  /** `json`, `text` or `off` (default: errors only). */
  CUESHEET_LOG?: string;
  /** Accepts JSON Web Tokens: a URL of public keys (JWKS), or the key set itself. */
  CUESHEET_JWKS?: string;
  CUESHEET_JWT_ISSUER?: string;
  CUESHEET_JWT_AUDIENCE?: string;
  /** Time between heartbeats, default 5 as with AYON; an object sleeps between them from about 15 on. */
  CUESHEET_HEARTBEAT_SECONDS?: string;
}

const MAX_DRAINED_BYTES = 32 << 20;

export function verifierOf({
  CUESHEET_JWKS: jwks,
  CUESHEET_JWT_ISSUER: issuer,
  CUESHEET_JWT_AUDIENCE: audience,
}: HubEnv): VerifyJwt | null {
  if (!jwks) return null;
  const keys = jwks.trimStart().startsWith('{') ? parseKeySet(jwks) : new URL(jwks);
  return createJwtVerifier({
    jwks: keys,
    ...(issuer && { issuer }),
    ...(audience && { audience }),
  });
}

export function settingsOf({
  CUESHEET_RATE,
  CUESHEET_LOG,
  CUESHEET_MEMORY,
}: HubEnv): Pick<HubOptions, 'rate' | 'log' | 'memory'> {
  const perSecond = Number(CUESHEET_RATE ?? 0);
  const format = LOG_FORMATS.find((known) => known === CUESHEET_LOG) ?? 'off';
  return {
    log: createLog(format),
    memory: memorySizeOf(CUESHEET_MEMORY ?? '') ?? ISOLATE_MEMORY_BYTES,
    ...(perSecond > 0 && { rate: rateOf(perSecond) }),
  };
}

/** An answer before the end of the body resets the connection in workerd: the client would not see it. */
export async function drain(body: ReadableStream<Uint8Array> | null): Promise<void> {
  const reader = body?.getReader();
  for (let bytes = 0; reader && bytes < MAX_DRAINED_BYTES;) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.length;
  }
}

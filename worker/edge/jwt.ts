import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';

/** Signatures of key pairs only: with a shared secret, anybody who can check a token can also make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Clocks may differ by this many seconds. */
const TOLERANCE_SECONDS = 30;
const REFETCH_MS = 5000;
const FETCH_TIMEOUT_MS = 5000;
const MAX_TOKEN_LENGTH = 8192;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Which JSON Web Tokens are accepted. */
export interface JwtOptions {
  /** The public keys, or where they are served; those are fetched when needed and kept for a while. */
  jwks: JSONWebKeySet | URL;
  /** The required `iss` and `aud`, when given. */
  issuer?: string;
  audience?: string;
  /** A token of an unknown key fetches the keys again, at most this often; default 5000 ms. */
  refetchMs?: number;
  /** The claim with the name of the user; default `sub`. */
  claim?: string;
}

/** The name of the user that a token stands for, or null. Never rejects. */
export type VerifyJwt = (token: string) => Promise<string | null>;

/**
 * JSON Web Tokens of an identity provider as bearer tokens (RFC 7519): signature, `exp`, `nbf` and, when
 * required, `iss` and `aud` have to be right. Roles are those of the hub's own user of that name.
 */
export function createJwtVerifier({
  jwks,
  issuer,
  audience,
  claim = 'sub',
  refetchMs = REFETCH_MS,
}: JwtOptions): VerifyJwt {
  const keys: JWTVerifyGetKey =
    jwks instanceof URL
      ? createRemoteJWKSet(jwks, { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: refetchMs })
      : createLocalJWKSet(jwks);
  return async (token) => {
    if (!isJwt(token)) return null;
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: TOLERANCE_SECONDS,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      const name = payload[claim];
      return typeof name === 'string' ? name : null;
    } catch {
      return null;
    }
  };
}

/** Whether a text has the form of a token. */
export const isJwt = (text: string): boolean => text.length <= MAX_TOKEN_LENGTH && JWT.test(text);

/** A key set from its JSON. @throws Error that says what is wrong. */
export function parseKeySet(text: string): JSONWebKeySet {
  const set = JSON.parse(text) as Partial<JSONWebKeySet> | null;
  if (!Array.isArray(set?.keys)) throw new Error('expected a JSON Web Key Set: {"keys": [...]}');
  return set as JSONWebKeySet;
}

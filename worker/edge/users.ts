import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** A user in AYON's form: `data` has the roles and the access groups. */
export interface User {
  name: string;
  data: UserData;
}

/** Roles and access groups, as AYON names them (protocol.md 10.3). */
export interface UserData {
  isService?: boolean;
  isAdmin?: boolean;
  isManager?: boolean;
  isGuest?: boolean;
  accessGroups?: Record<string, string[]>;
}

/** A user with hashed credentials, the form in which a hub keeps its own users. */
export interface UserRecord extends User {
  apiKeyHash?: string;
  passwordHash?: string;
}

/** A users file that cannot be used; the message names the entry and the field. */
export class UsersError extends Error {
  override name = 'UsersError';
}

const PASSWORD_ROUNDS = 100_000;
const ROLES = ['isService', 'isAdmin', 'isManager', 'isGuest'] as const;
const encoder = new TextEncoder();

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Lower-case hex of `bytes` fresh random bytes. */
export function randomHex(bytes: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(bytes)).buffer);
}

/**
 * SHA-256 in hex: enough for keys and tokens, which are long and random. WebCrypto is not used: its way through a
 * thread costs more than the rest of a small request.
 */
export function hashSecret(secret: string): string {
  return bytesToHex(sha256(encoder.encode(`cuesheet:${secret}`)));
}

async function derive(password: string, salt: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', encoder.encode(password), 'PBKDF2', false, [
    'deriveBits',
  ]);
  const parameters = {
    name: 'PBKDF2',
    hash: 'SHA-256',
    salt: encoder.encode(salt),
    iterations: PASSWORD_ROUNDS,
  };
  return hex(await crypto.subtle.deriveBits(parameters, key, 256));
}

/** `salt$hash` by PBKDF2-SHA-256. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomHex(16);
  return `${salt}$${await derive(password, salt)}`;
}

export async function checkPassword(password: string, stored: string): Promise<boolean> {
  const [salt = '', hash = ''] = stored.split('$');
  return sameText(await derive(password, salt), hash);
}

/** Compares in a time that depends only on the length. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * Reads a users file: a JSON list of `{"name","apiKey"?,"password"?,"data"}`, or of records with
 * `apiKeyHash` / `passwordHash` as the hub itself writes them.
 * @throws UsersError that names the entry and the field.
 */
export async function parseUsers(text: string): Promise<UserRecord[]> {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new UsersError(`not valid JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(list)) throw new UsersError('expected a list of users');
  const records = await Promise.all(list.map(parseUser));
  const names = records.map((record) => record.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsersError(`two users are called '${twice}'`);
  const keys = records.map((record) => record.apiKeyHash);
  const shared = keys.findIndex((key, index) => key !== undefined && keys.indexOf(key) < index);
  if (shared !== -1) throw new UsersError(`user ${shared + 1}, apiKey: another user has the same`);
  return records;
}

async function parseUser(entry: unknown, index: number): Promise<UserRecord> {
  const where = `user ${index + 1}`;
  if (typeof entry !== 'object' || entry === null) throw new UsersError(`${where}: not an object`);
  const fields = entry as Record<string, unknown>;
  const text = (name: string): string | undefined => {
    const value = fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string' || value === '') {
      throw new UsersError(`${where}, ${name}: expected a string that is not empty`);
    }
    return value;
  };
  const name = text('name');
  if (name === undefined) throw new UsersError(`${where}, name: missing`);
  const record: UserRecord = { name, data: parseData(fields['data'] ?? {}, where) };
  const apiKey = text('apiKey');
  const password = text('password');
  const apiKeyHash = apiKey === undefined ? text('apiKeyHash') : hashSecret(apiKey);
  const passwordHash = password === undefined ? text('passwordHash') : await hashPassword(password);
  if (apiKeyHash !== undefined) record.apiKeyHash = apiKeyHash;
  if (passwordHash !== undefined) record.passwordHash = passwordHash;
  return record;
}

function parseData(value: unknown, where: string): UserData {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsersError(`${where}, data: expected an object`);
  }
  const data = value as Record<string, unknown>;
  for (const role of ROLES) {
    if (data[role] !== undefined && typeof data[role] !== 'boolean') {
      throw new UsersError(`${where}, data.${role}: expected true or false`);
    }
  }
  const groups = data['accessGroups'];
  const isObject = typeof groups === 'object' && groups !== null && !Array.isArray(groups);
  if (groups !== undefined && !isObject) {
    throw new UsersError(`${where}, data.accessGroups: expected an object of projects`);
  }
  return data as UserData;
}

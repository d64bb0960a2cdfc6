/** The name of a database: server, user and name, separated by blanks, which none of them has. */
export function databaseName(server: string | null, user: string | null, name: string): string {
  return `${userPrefix(server, user)}${encodeURIComponent(name)}`;
}

/** How the names of all databases of a user begin. */
export function userPrefix(server: string | null, user: string | null): string {
  return `${serverPrefix(server)}${encodeURIComponent(user ?? '')} `;
}

/** How the names of all databases of a server begin. */
export function serverPrefix(server: string | null): string {
  return `${server ?? 'local'} `;
}

import { CuesheetError } from './error.ts';

/**
 * Origin and path of a server, without a slash at the end.
 * @throws CuesheetError `invalid` when the text is no http(s) URL.
 */
export function serverUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text, globalThis.location?.href);
  } catch {
    throw new CuesheetError('invalid', `server: '${text}' is no URL`);
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new CuesheetError('invalid', `server: expected an http or https URL, got '${text}'`);
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

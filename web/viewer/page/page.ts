import { openEvents } from '../../client/index.ts';
import { type CuesheetViewer, defineViewer } from '../viewer.ts';

const TOKEN_KEY = 'cuesheet.token';

/** The token of a sign-in link (`#token=…`): kept, and taken out of the address bar at once. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token) {
    localStorage.setItem(TOKEN_KEY, token);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return localStorage.getItem(TOKEN_KEY);
}

async function main(): Promise<void> {
  defineViewer();
  const viewer = document.querySelector('cuesheet-viewer') as CuesheetViewer;
  const token = takeToken();
  if ('serviceWorker' in navigator) {
    navigator.serviceWorker.register('service-worker.js').catch((error: Error) => {
      console.warn(`cuesheet: this page will not open offline: ${error.message}`);
    });
  }
  const signIn = 'Signed out: open the link that the hub printed at its start to sign in.';
  try {
    const events = await openEvents({
      server: location.origin,
      ...(token && { token }),
      onAuth: async () => {
        viewer.note = signIn;
        return null;
      },
    });
    if (!token) viewer.note = signIn;
    viewer.events = events;
  } catch (error) {
    viewer.note = (error as Error).message;
  }
}

void main();

import { openEvents } from '../../client/index.ts';
import { type CuesheetViewer, defineViewer } from '../viewer.ts';
import { SIGNED_OUT, signIn } from './sign-in.ts';

async function main(): Promise<void> {
  defineViewer();
  const viewer = document.querySelector('cuesheet-viewer') as CuesheetViewer;
  keepShell();
  // A sign-in link that is opened in this very tab changes the fragment only.
  addEventListener('hashchange', () => {
    if (location.hash.includes('token=')) location.reload();
  });
  try {
    const { token, user, note } = await signIn();
    viewer.note = note;
    const events = await openEvents({
      server: location.origin,
      ...(user !== null && { user }),
      ...(token !== null && { token }),
      onAuth: async () => {
        viewer.note ||= SIGNED_OUT;
        return null;
      },
    });
    events.onStatus(({ connection }) => {
      if (connection === 'live') viewer.note = '';
    });
    viewer.events = events;
  } catch (error) {
    viewer.failure = (error as Error).message;
  }
}

/** A service worker keeps the page, so that it opens without the hub. */
function keepShell(): void {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  // A new version took over while this page runs the old one, and the two must not mix.
  const hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (hadOne) location.reload();
  });
  serviceWorker.register('service-worker.js').catch((error: Error) => {
    console.warn(`cuesheet: this page will not open offline: ${error.message}`);
  });
}

void main();

import { memo, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type EventRow, type Events, openEvents } from '../../web/client/index.ts';
import {
  EventsProvider,
  useConnection,
  useCount,
  useEvent,
  useEvents,
  useProgress,
} from '../../web/react/index.ts';

/** What the test sees and does. */
export interface ReactWindow {
  events: Events;
  /** How often the row of each event was rendered. */
  renders: Record<string, number>;
  /** Live queries that are open. */
  open: number;
  ready: boolean;
}
declare const window: ReactWindow;

const Row = memo(({ row }: { row: EventRow }) => {
  window.renders[row.id] = (window.renders[row.id] ?? 0) + 1;
  return (
    <li data-id={row.id}>
      {row.topic} {row.status} {row.description}
    </li>
  );
});

function Detail({ id }: { id: string }) {
  const event = useEvent(id);
  const progress = useProgress(id);
  return (
    <p id="detail">
      {JSON.stringify(event?.payload)} {progress?.progress ?? 'none'}
    </p>
  );
}

function List() {
  const [topic, setTopic] = useState('demo.*');
  const page = useEvents({ topics: [topic] }); // another object in every rendering
  const counts = useCount({ by: ['status'] });
  const connection = useConnection();
  const first = page?.events.at(-1);
  return (
    <main>
      <button type="button" onClick={() => setTopic('other.*')}>
        other
      </button>
      <ul>
        {page?.events.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ul>
      <p id="total">{counts?.total}</p>
      <p id="storage">{connection?.storage}</p>
      {first && <Detail id={first.id} />}
    </main>
  );
}

function App({ events }: { events: Events }) {
  const [isShown, show] = useState(true);
  return (
    <StrictMode>
      <EventsProvider events={events}>
        <button id="hide" type="button" onClick={() => show(false)}>
          hide
        </button>
        {isShown && <List />}
      </EventsProvider>
    </StrictMode>
  );
}

const events = await openEvents({ name: 'react', user: 'td' });
window.open = 0;
const live = events.live;
events.live = (...args) => {
  window.open++;
  const stop = live(...args);
  return () => {
    window.open--;
    stop();
  };
};
window.events = events;
window.renders = {};
const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(<App events={events} />);
window.ready = true;

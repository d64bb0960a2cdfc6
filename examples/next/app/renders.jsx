import { useConnection, useEvents, useEventsClient } from 'cuesheet/react';

/** A live list of jobs, and a button that starts one. */
export function Renders() {
  const events = useEventsClient();
  const page = useEvents({ topics: ['render.*'], last: 50 });
  const status = useConnection();
  const start = () =>
    events?.dispatch({ topic: 'render.shot', description: 'Rendering sh010', finished: false });
  return (
    <>
      <button onClick={start} disabled={!events}>
        Render
      </button>
      <p>
        {status &&
          (status.storage === 'durable' ? 'Saved in this browser' : 'Kept until the tab closes')}
      </p>
      <ul>
        {page?.events.map((event) => (
          <li key={event.id}>
            {event.description}: {event.status}
          </li>
        ))}
      </ul>
    </>
  );
}

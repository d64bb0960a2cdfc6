'use client';

import { useEffect, useState } from 'react';
import { openEvents } from 'cuesheet';
import { EventsProvider } from 'cuesheet/react';
import { Renders } from './renders.jsx';

/** On the server, and until the browser has opened them, there are no events: the hooks know nothing yet. */
// biome-ignore lint/style/noDefaultExport: what a page of Next is
export default function Page() {
  const [events, setEvents] = useState(null);
  useEffect(() => {
    // With a server: openEvents({ server: 'https://ayon.example', token })
    const opening = openEvents({ name: 'next', user: 'td' });
    opening.then(setEvents);
    return () => void opening.then((opened) => opened.close());
  }, []);
  return (
    <EventsProvider events={events}>
      <Renders />
    </EventsProvider>
  );
}

import { createRoot } from 'react-dom/client';
import { openEvents } from 'cuesheet';
import { EventsProvider } from 'cuesheet/react';
import { Renders } from './Renders.jsx';

// With a server: openEvents({ server: 'https://ayon.example', token })
const events = await openEvents({ name: 'vite-react', user: 'td' });

createRoot(document.getElementById('root')).render(
  <EventsProvider events={events}>
    <Renders />
  </EventsProvider>,
);

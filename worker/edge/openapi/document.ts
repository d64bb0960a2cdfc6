import { PATHS, SHARED_ANSWERS } from './operations.ts';
import { SCHEMAS } from './schemas.ts';
import type { OpenApi } from './types.ts';

const DESCRIPTION = `A hub of AYON's event system. Requests and answers are AYON's; docs/compatibility.md of the
package lists what differs. Field names are read in camelCase and in snake_case, unknown ones are ignored.

The WebSocket at /ws speaks JSON text frames. Within 3 seconds a client sends
{"topic": "auth", "token": "…", "subscribe": ["render"], "project": null}; it is not answered. From then on it
gets a message for every event whose topic begins with a subscribed text ("*" for all), for every change of one,
and {"topic": "heartbeat"} every 5 seconds. Sending auth again changes the subscription.`;

/** What the hub serves at `/openapi.json`; `version` is that of the hub. */
export function openApiDocument(version: string): OpenApi {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cuesheet hub',
      version,
      summary: 'AYON’s event system over HTTP and WebSocket',
      description: DESCRIPTION,
    },
    tags: [
      { name: 'events', description: 'One event at a time' },
      { name: 'queries', description: 'Lists, operations on many events, jobs' },
      { name: 'feed', description: 'For clients that keep a copy of the events' },
      { name: 'account', description: 'The caller' },
      { name: 'description', description: 'What this hub can do' },
    ],
    security: [{ apiKey: [] }, { session: [] }],
    paths: PATHS,
    components: {
      schemas: SCHEMAS,
      responses: SHARED_ANSWERS,
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Api-Key',
          description:
            'Also as "Authorization: ApiKey KEY". A service may add "X-as-user: NAME" and has then ' +
            'the name and the rights of that user; an unknown one is 404.',
        },
        session: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The token of a login: 64 characters. Also as cookie accessToken or ?token=.',
        },
      },
    },
  };
}

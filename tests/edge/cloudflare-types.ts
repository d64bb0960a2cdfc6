// Compiles as long as the API that the hub uses is Cloudflare's.
import type {
  DurableObjectNamespace,
  DurableObjectState,
  WebSocket,
} from '@cloudflare/workers-types';
import type {
  HibernatingSocket,
  ObjectNamespace,
  ObjectState,
} from '../../worker/edge/runtimes/cloudflare-api.ts';

type Fits<Wanted, Given extends Wanted> = Given;

export type Socket = Fits<HibernatingSocket, WebSocket>;
export type State = Fits<Omit<ObjectState, 'acceptWebSocket'>, DurableObjectState>;
export type Namespace = Fits<Pick<ObjectNamespace, 'idFromName'>, DurableObjectNamespace>;

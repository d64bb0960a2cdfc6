import { routeToHub } from 'cuesheet/hub/cloudflare';

export { CuesheetHub, CuesheetRelay } from 'cuesheet/hub/cloudflare';

// biome-ignore lint/style/noDefaultExport: what a Worker is
export default { fetch: routeToHub };

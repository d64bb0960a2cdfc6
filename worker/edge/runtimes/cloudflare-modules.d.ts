declare module 'cloudflare:workers' {
  export class DurableObject<Env> {
    constructor(ctx: unknown, env: Env);
  }
}

declare module '*.wasm' {
  export const module: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: so do Workers import a module
  export default module;
}

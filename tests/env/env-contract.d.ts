declare module '*/env_contract.js' {
  // biome-ignore lint/style/noDefaultExport: so does Emscripten's glue
  export default function create(options: object): Promise<unknown>;
}

import { OptionDefaults } from 'typedoc';

/** The API reference: one page for each entry point of the package. Whatever TypeDoc warns of ends the build. */
// biome-ignore lint/style/noDefaultExport: TypeDoc reads the default export
export default {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: 'tsconfig.json',
  entryPoints: [
    '../web/client/index.ts',
    '../web/react/index.ts',
    '../web/viewer/index.ts',
    '../worker/edge/hub.ts',
    '../worker/edge/runtimes/node.ts',
    '../worker/edge/runtimes/deno.ts',
    '../worker/edge/runtimes/bun.ts',
    '../worker/edge/runtimes/cloudflare.ts',
  ],
  out: 'api',
  name: 'API',
  readme: 'none',
  router: 'module',
  blockTags: [...OptionDefaults.blockTags, '@attribute', '@fires'],
  disableSources: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  excludeExternals: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: true,
    unusedMergeModuleWith: true,
  },
  // How a type is made, and what is used of Cloudflare's API.
  intentionallyNotExported: ['PartOf', 'ObjectNamespace', 'ObjectState'],
  requiredToBeDocumented: ['Module', 'Variable', 'Function', 'Class', 'Interface', 'TypeAlias'],
  treatWarningsAsErrors: true,
};

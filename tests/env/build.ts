import { execFileSync } from 'node:child_process';

/** Path of the module of wasm_main.cc, without its endings. */
export const CONTRACT_MODULE = 'build/wasm-release/tests/env_contract';

/** Builds it; quick when it is there. */
export function buildContract(): void {
  execFileSync('bash', ['scripts/build-tests', 'wasm-release', 'env_contract'], {
    stdio: 'inherit',
    timeout: 600_000,
  });
}

// Preloaded into a hub on Node where `unshare --pid` is not allowed: the process believes that it is alone in a
// namespace of process ids.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { readlinkSync } = fs;
fs.readlinkSync = (path, ...rest) =>
  path === '/proc/self/ns/pid' ? `pid:[stub-${process.pid}]` : readlinkSync(path, ...rest);
syncBuiltinESMExports();

// The imports behind host_env.cc: they reach the HostFiles object of a store (wasm/host-files.ts).
// A call answers a size or 0, or -1 after it has kept the thrown message for cue_host_error.
addToLibrary({
  $cueHost: {
    error: '',
    run(work) {
      try {
        return work() ?? 0;
      } catch (error) {
        cueHost.error = String(error?.message ?? error);
        return -1;
      }
    },
    files(number) {
      const files = Module['hostFiles']?.get(number);
      if (!files) throw new Error(`no files with number ${number}`);
      return files;
    },
    // Pointers come as signed numbers: one beyond 2^31 is negative.
    put(pointer, capacity, bytes) {
      HEAPU8.set(bytes.subarray(0, capacity), pointer >>> 0);
      return bytes.length;
    },
    bytes: (pointer, length) => HEAPU8.subarray(pointer >>> 0, (pointer >>> 0) + length),
    text: (pointer) => UTF8ToString(pointer >>> 0),
  },
  $cueHost__deps: ['$UTF8ToString'],

  // Copies up to `capacity` bytes of the last error; returns its whole size.
  cue_host_error: (pointer, capacity) =>
    cueHost.put(pointer, capacity, new TextEncoder().encode(cueHost.error)),
  cue_host_error__deps: ['$cueHost'],

  // The names, one per line.
  cue_host_list: (number, pointer, capacity) =>
    cueHost.run(() => {
      const names = cueHost.files(number).list().join('\n');
      return cueHost.put(pointer, capacity, new TextEncoder().encode(names));
    }),
  cue_host_list__deps: ['$cueHost'],

  // -2 when there is no such file. (-1 is an error.) Sizes are doubles: files may pass 2 GiB.
  cue_host_size: (number, name) =>
    cueHost.run(() => {
      const size = cueHost.files(number).size(cueHost.text(name));
      return size < 0 ? -2 : size;
    }),
  cue_host_size__deps: ['$cueHost'],

  // 1 when cue_host_read can answer now.
  cue_host_is_loaded: (number, name) =>
    cueHost.run(() => (cueHost.files(number).isLoaded(cueHost.text(name)) ? 1 : 0)),
  cue_host_is_loaded__deps: ['$cueHost'],

  cue_host_read: (number, name, offset, pointer, length) =>
    cueHost.run(() => {
      const bytes = cueHost.files(number).read(cueHost.text(name), offset, length);
      return cueHost.put(pointer, length, bytes);
    }),
  cue_host_read__deps: ['$cueHost'],

  cue_host_append: (number, name, pointer, length) =>
    cueHost.run(() => {
      const bytes = cueHost.bytes(pointer, length);
      cueHost.files(number).append(cueHost.text(name), bytes);
    }),
  cue_host_append__deps: ['$cueHost'],

  cue_host_write: (number, name, pointer, length) =>
    cueHost.run(() => {
      const bytes = cueHost.bytes(pointer, length);
      cueHost.files(number).write(cueHost.text(name), bytes);
    }),
  cue_host_write__deps: ['$cueHost'],

  cue_host_truncate: (number, name, size) =>
    cueHost.run(() => cueHost.files(number).truncate(cueHost.text(name), size)),
  cue_host_truncate__deps: ['$cueHost'],

  cue_host_rename: (number, from, to) =>
    cueHost.run(() => cueHost.files(number).rename(cueHost.text(from), cueHost.text(to))),
  cue_host_rename__deps: ['$cueHost'],

  cue_host_remove: (number, name) =>
    cueHost.run(() => cueHost.files(number).remove(cueHost.text(name))),
  cue_host_remove__deps: ['$cueHost'],
});

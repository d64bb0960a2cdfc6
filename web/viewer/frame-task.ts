/** Work that is done once a frame, before it is painted, however often it is asked for. */
export class FrameTask {
  readonly #work: () => void;
  #isAsked = false;
  #done = Promise.resolve();
  #settle = () => {};

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Settles when what was asked for is done. */
  get done(): Promise<void> {
    return this.#done;
  }

  request(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const run = () => {
      if (this.#isAsked) this.flush();
    };
    if (document.hidden)
      setTimeout(run); // it has no frames
    else requestAnimationFrame(run);
  }

  /** Does it now. */
  flush(): void {
    this.#isAsked = false;
    this.#work();
    if (!this.#isAsked) this.#settle();
  }
}

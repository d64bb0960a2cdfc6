/** Work that runs once before the next frame is painted, however often it is requested. */
export class FrameTask {
  readonly #work: () => void;
  #isAsked = false;
  #done = Promise.resolve();
  #settle = () => {};

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Settles when the requested work is done. */
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

  /** Runs it now. */
  flush(): void {
    this.#isAsked = false;
    this.#work();
    if (!this.#isAsked) this.#settle();
  }
}

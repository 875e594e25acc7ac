// What the node said no to, or that nobody answered.

/** A "no" as the node says it, in the reader's language, with its code. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number;
  constructor(code: string, detail: string, status = 0, retryAfter = 0) {
    super(detail);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Nobody answered: the network is gone, or the node is. What was sent may have arrived. */
export class NoAnswer extends Problem {
  constructor() {
    super("site.no_answer", "");
  }
}

// Why a file proves nothing. The codes and their facts are the kernel's own, so the same sentences explain them.

export class ProofInvalid extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(code: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

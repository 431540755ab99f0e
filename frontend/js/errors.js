/** No usable answer: network, proxy or service is down for now. Whether the request came through is unknown. */
export class Unavailable extends Error {
  constructor(retryAfter = 0) {
    super("The service cannot be reached.");
    this.retryAfter = retryAfter; // milliseconds
  }
}

/** 429 to a question of the page's own: the service asks for a pause, and then for the same question again. */
export class Throttled extends Unavailable {}

/**
 * The service refused, in application/problem+json. `title` says why, `code` ends its type, `reference` finds it in the
 * logs.
 */
export class Problem extends Error {
  constructor(status, { type = "", title = "The request was refused.", reference = "" }, retryAfter) {
    super(title);
    this.title = title;
    this.status = status;
    this.code = type.split(":").pop();
    this.reference = reference;
    this.retryAfter = retryAfter; // milliseconds
  }

  /** Whether it is a bug on the service's side: the same request may succeed another time. */
  get isBug() {
    return this.status >= 500;
  }
}

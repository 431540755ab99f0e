/** What a run is given: one HTTP call, to be made until it succeeds or its retries are used up. */
export type Payload = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  bodyEncoding: "base64" | "utf8";
  /** Attempts after the first. */
  retries: number;
  /** The pause after the first failed attempt; it doubles after each further one. */
  retryPauseSeconds: number;
  timeoutSeconds: number;
  /** The name of a credential in this environment: "openai" is OPENAI_API_KEY. */
  credential: string | null;
  callbackUrl: string | null;
  failureCallbackUrl: string | null;
};

/** Which run, and which of its attempts, the first being 1. */
export type Attempt = { runId: string; number: number };

export type Environment = Record<string, string | undefined>;

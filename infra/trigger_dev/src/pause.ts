const LONGEST_SECONDS = 24 * 60 * 60;

/**
 * Whether the destination forbids another attempt: https://upstash.com/docs/qstash/features/retry
 */
export function isFinal(status: number, headers: Headers): boolean {
  return status === 489 && headers.get("upstash-nonretryable-error")?.trim().toLowerCase() === "true";
}

/**
 * How many seconds to wait after a failed attempt, of which `retried` came before: what the answer's Retry-After says
 * (RFC 9110, 10.2.3), unless it is beyond a day; else the message's pause, doubled each time.
 */
export function pauseSeconds(pause: number, retried: number, headers: Headers, now: number): number {
  const wished = retryAfterSeconds(headers.get("retry-after")?.trim() ?? "", now);
  if (wished !== null && wished <= LONGEST_SECONDS) return wished;
  return Math.min(LONGEST_SECONDS, pause * 2 ** retried);
}

export function saysWhen(headers: Headers, now: number): boolean {
  const wished = retryAfterSeconds(headers.get("retry-after")?.trim() ?? "", now);
  return wished !== null && wished <= LONGEST_SECONDS;
}

function retryAfterSeconds(text: string, now: number): number | null {
  if (/^[0-9]{1,19}$/.test(text)) return Number(text);
  // A date has a day's or a month's name in it; Date.parse would take "-5" for a year.
  const moment = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? null : Math.max(0, (moment - now) / 1000);
}

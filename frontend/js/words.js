const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const CLOCK_SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** 118000 ms → "1:58"; shown until it has passed. */
export function countdown(milliseconds) {
  return digits(Math.ceil(Math.max(0, milliseconds) / 1000));
}

/** 118900 ms → "1:58"; shown once it has passed. */
export function elapsed(milliseconds) {
  return digits(Math.floor(milliseconds / 1000));
}

/** 120000 ms → "2 minutes", 90000 ms → "90 seconds" */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds >= 60 && seconds % 60 === 0 ? counted(seconds / 60, "minute") : counted(seconds, "second");
}

/** 5700000 ms → "1 h 35 min" */
export function age(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 60 ? `${minutes}\u00a0min` : `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** 4 → "4 s", which no line break parts. */
export const briefly = (seconds) => `${seconds}\u00a0s`;

/** "14:03:20", in the visitor's own zone and habit. */
export const clockTime = (time) => CLOCK_SECONDS.format(new Date(time));

/** "14:03" today, "3 Mar, 14:03" on other days. */
export function moment(time) {
  const date = new Date(time);
  return isToday(time) ? CLOCK.format(date) : `${DAY.format(date)}, ${CLOCK.format(date)}`;
}

/** The same to the second: tells apart what came shortly after another. */
export const exactMoment = (time) => (isToday(time) ? clockTime(time) : moment(time));

export const isToday = (time) => new Date(time).toDateString() === new Date().toDateString();

/** 1234567 → "1.2 MB" */
export function bytes(count) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const format = { style: "unit", unit: UNITS[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(undefined, format).format(count / 1000 ** power);
}

export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export function downloads(count) {
  return ["Not downloaded yet", "Downloaded once", "Downloaded twice"][count] ?? `Downloaded ${count} times`;
}

function digits(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const tail = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
}

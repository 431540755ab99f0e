import { queue } from "@trigger.dev/sdk";

/** A message that asks for fewer calls at once goes to the queue of that number, under its key; see the provider. */
export const PARALLELISMS = [1, 2, 3, 5, 10, 20, 50];

export const queues = PARALLELISMS.map((number) =>
  queue({ name: `handoff-parallel-${number}`, concurrencyLimit: number }),
);

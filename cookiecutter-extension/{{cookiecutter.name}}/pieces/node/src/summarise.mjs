// The workflow's first step: sums up the event that started it.

import { read } from "./bar-event.mjs";
import { make } from "./summary.mjs";

/** The record that the workflow's next step keeps. An invalid event fails the execution with an error. */
export const handler = async (event) => make(read(event));

// The workflow's first step: sums up the event that started it.

import { read } from "./bar-event.mjs";
import { make } from "./summary.mjs";

/** The record that the workflow's next step keeps. What is no event fails the execution, which says so. */
export const handler = async (event) => make(read(event));

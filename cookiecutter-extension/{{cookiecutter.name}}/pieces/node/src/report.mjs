// Emits a digest of the events that were kept, started by a schedule.

import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

import { make } from "./digest.mjs";
import * as dynamodb from "./dynamodb.mjs";
import { Records } from "./records.mjs";

const { BUS, DETAIL_TYPE, EVENTS, HOURS, SOURCE, TABLE, TENANT } = process.env;
const bus = new EventBridgeClient({});
const records = new Records(TABLE, dynamodb);

/** Make the digest and emit it. When the bus does not take it, Lambda tries twice more. */
export async function handler() {
  const count = (name, since) => records.count(name, since);
  const made = await make(JSON.parse(EVENTS), count, new Date(), Number(HOURS));
  await emit({ eventId: TENANT, ...made });
  console.log(JSON.stringify({ what: "emitted", ...made }));
}

async function emit(detail) {
  const entry = {
    EventBusName: BUS,
    Source: SOURCE,
    DetailType: DETAIL_TYPE,
    Detail: JSON.stringify(detail),
  };
  const answer = await bus.send(new PutEventsCommand({ Entries: [entry] }));
  const [{ ErrorCode, ErrorMessage }] = answer.Entries;
  if (ErrorCode) throw new Error(`${ErrorCode}: ${ErrorMessage}`);
}

// The records of events, in one DynamoDB table: `pk` is the event's name, `sk` its time and id.

const DAY = 86_400;

/** Records that keep each event once, however often it comes. */
export class Records {
  #table;
  #days;
  #call;

  /**
   * @param {string} table Name of the table.
   * @param {typeof import("./dynamodb.mjs")} call DynamoDB's `put` and `query`.
   * @param {number} days Days that a record is kept.
   */
  constructor(table, call, days = 30) {
    this.#table = table;
    this.#call = call;
    this.#days = days;
  }

  /**
   * Write a record of the event.
   * @param {import("./bar-event.mjs").BarEvent} event
   * @returns {Promise<"kept" | "known">} `known` when it was there before.
   */
  async keep(event) {
    const expires = Math.floor(Date.now() / 1000) + this.#days * DAY;
    const Item = {
      pk: { S: event.name },
      sk: { S: `${event.time}#${event.id}` },
      order: { S: event.order },
      detail: { S: JSON.stringify(event.detail) },
      expires: { N: String(expires) },
    };
    try {
      await this.#call.put({
        TableName: this.#table,
        Item,
        ConditionExpression: "attribute_not_exists(pk)",
      });
    } catch (error) {
      if (error.name === "ConditionalCheckFailedException") return "known";
      throw error;
    }
    return "kept";
  }

  /**
   * Count the records of the events of a name that were emitted at a time or later.
   * @param {string} name
   * @param {string} since
   * @returns {Promise<number>}
   */
  async count(name, since) {
    let found = 0;
    let ExclusiveStartKey;
    do {
      const page = await this.#call.query({
        TableName: this.#table,
        KeyConditionExpression: "pk = :name AND sk >= :since",
        ExpressionAttributeValues: { ":name": { S: name }, ":since": { S: since } },
        Select: "COUNT",
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      found += page.Count;
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  }
}
